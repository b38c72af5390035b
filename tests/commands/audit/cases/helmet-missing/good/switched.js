const express = require('express');
const helmet = require('helmet');
const app = express();
switch (process.env.NODE_ENV) {
  case 'development':
    break;
  case 'staging':
  case 'production':
    app.use(helmet());
}
app.get('/a', (req, res) => res.end());
