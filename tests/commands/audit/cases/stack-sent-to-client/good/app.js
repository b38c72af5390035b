const express = require('express');
const errorhandler = require('errorhandler');
const app = express();
app.use((err, req, res, next) => {
  logger.error(err.stack);
  const body = { message: err.message, ...(process.env.NODE_ENV === 'development' && { stack: err.stack }) };
  res.status(500).json(body);
});
app.use((err, req, res, next) => {
  res.json({ stack: process.env.NODE_ENV === 'production' ? null : err.stack });
});
app.use((err, req, res, next) => {
  const trace = err.stack;
  logger.error(trace);
  res.json({ message: err.message });
});
if (process.env.NODE_ENV === 'development') app.use(errorhandler());
