const express = require('express');
const app = express();
app.use((err, req, res, next) => res.status(500).end());
app.get('/a', (req, res) => res.end()); // FIND: medium
app.get('/b', (req, res) => res.end());
