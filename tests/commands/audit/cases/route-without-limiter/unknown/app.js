const express = require('express');
const { throttle } = require('./elsewhere');
const app = express();
app.post('/a', throttle, (req, res) => res.end()); // UNKNOWN: the limiter of POST /a is not told: throttle
