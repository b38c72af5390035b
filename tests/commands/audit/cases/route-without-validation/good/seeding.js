const express = require('express');
const app = express();
if (process.env.NODE_ENV === 'development') {
  app.post('/seed', (req, res) => res.json(req.body));
}
