const express = require('express');
const helmet = require('helmet');
const app = express();
app.get('/a', (req, res) => res.end());
app.use(helmet({ hsts: false })); // FIND: low; low
