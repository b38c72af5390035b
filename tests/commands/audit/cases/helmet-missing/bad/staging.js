const express = require('express');
const helmet = require('helmet');
const app = express(); // FIND: medium
switch (process.env.NODE_ENV) {
  case 'staging':
    app.use(helmet());
    break;
  default:
}
app.get('/a', (req, res) => res.end());
