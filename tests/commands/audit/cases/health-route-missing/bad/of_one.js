const express = require('express');
const app = express(); // FIND: low
app.get('/orders/:id/status', (req, res) => res.end());
