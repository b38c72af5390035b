const express = require('express');
const { gate } = require('@acme/common');
const app = express();
app.post('/orders', gate, (req, res) => res.json(req.body)); // UNKNOWN: the guard of POST /orders is not told: what the package @acme/common does is not known here
