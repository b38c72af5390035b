const express = require('express');
const { protect } = require('./elsewhere');
const app = express();
app.post('/a', protect, (req, res) => res.end()); // UNKNOWN: the guard of POST /a is not told: protect
