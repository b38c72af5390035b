const express = require('express');
const app = express();
app.post('/a', (req, res) => res.end()); // FIND: low
