const express = require('express');
const { last } = require('./elsewhere');
const app = express();
app.use((err, req, res, next) => next(err));
app.get('/a', (req, res) => res.end());
app.use(last);
