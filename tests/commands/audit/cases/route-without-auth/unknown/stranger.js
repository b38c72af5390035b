const express = require('express');
const { gate } = require('@acme/common');
const app = express();
app.post('/orders', gate, (req, res) => res.json(req.body));
