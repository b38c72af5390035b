const express = require('express');
const helmet = require('helmet');
const app = express(); // FIND: medium
if (!(process.env.NODE_ENV === 'production')) {
  app.use(helmet());
}
app.get('/a', (req, res) => res.end());
