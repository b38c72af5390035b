const express = require('express');
const app = express(); // FIND: low
app.get('/a', (req, res) => res.end());
if (process.env.NODE_ENV === 'development') {
  app.use((err, req, res, next) => res.status(500).end());
}
