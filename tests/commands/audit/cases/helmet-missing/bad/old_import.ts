import express = require('express');
const app = express(); // FIND: medium
app.get('/a', (req, res) => res.end());
