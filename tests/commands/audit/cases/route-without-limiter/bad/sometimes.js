const express = require('express');
const { rateLimit } = require('express-rate-limit');
const app = express();
if (process.env.USE_LIMITS) app.use(rateLimit());
app.route('/a')
  .get((req, res) => res.end())
  .put((req, res) => res.end()); // FIND: low
