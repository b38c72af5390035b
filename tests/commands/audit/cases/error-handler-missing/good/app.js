const express = require('express');
const app = express();
app.get('/a', (req, res) => res.end());
app.use(function failed(err, req, res, next) { res.status(500).end(); });
