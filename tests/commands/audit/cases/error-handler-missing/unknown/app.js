const express = require('express');
const { failed } = require('./elsewhere');
const app = express(); // UNKNOWN: whether failed handles errors is not told
app.get('/a', (req, res) => res.end());
app.use(failed);
