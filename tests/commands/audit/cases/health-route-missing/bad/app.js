const express = require('express');
const app = express(); // FIND: low
app.get('/healthy-food', (req, res) => res.end());
app.post('/health', (req, res) => res.end());
