const express = require('express');
const { secure } = require('./elsewhere');
const app = express(); // UNKNOWN: whether secure sets security headers is not told
app.use(secure);
app.get('/a', (req, res) => res.end());
