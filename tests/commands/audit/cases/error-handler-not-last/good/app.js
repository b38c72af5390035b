const express = require('express');
const app = express();
app.use((err, req, res, next) => next(err));
app.get('/a', (req, res) => res.end());
app.use((err, req, res, next) => res.status(500).end());
