const express = require('express');
const app = express();
app.use((err, req, res, next) => {
  const error = { stack: err.stack, message: err.message };
  logger.error(error);
  res.json(error.message);
});
