const express = require('express');
const { errors } = require('celebrate');
const app = express();
app.get('/a', (req, res) => res.end());
app.use(errors());
