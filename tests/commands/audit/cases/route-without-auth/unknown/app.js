const express = require('express');
const { protect } = require('./elsewhere');
const app = express();
app.post('/a', protect, (req, res) => res.end());
