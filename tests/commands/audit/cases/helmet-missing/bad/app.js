const express = require('express');
const app = express(); // FIND: medium
const helmet = () => (req, res, next) => next();
app.use(helmet());
app.get('/a', (req, res) => res.end());
