const express = require('express');
const { failed } = require('./elsewhere');
const app = express();
app.get('/a', (req, res) => res.end());
app.use(failed);
