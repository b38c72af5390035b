const express = require('express');
const app = express(); // FIND: medium
app.get('/a', (req, res) => res.end());
app.use((req, res, next) => res.status(404).end());
