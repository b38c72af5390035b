const express = require('express');
const { secure } = require('./elsewhere');
const app = express();
app.use(secure);
app.get('/a', (req, res) => res.end());
