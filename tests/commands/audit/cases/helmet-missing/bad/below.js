const express = require('express');
const helmet = require('helmet');
const app = express(); // FIND: low
app.use('/api', helmet());
app.get('/a', (req, res) => res.end());
