const express = require('express');
const errorhandler = require('errorhandler');
const app = express();
app.use((err, req, res, next) => {
  res.status(500).json({ message: err.message, stack: err.stack }); // FIND: medium
});
app.use((error, req, res, next) => {
  const body = { stack: error.stack }; // FIND: medium
  res.send(body);
});
app.get('/a', async (req, res) => {
  try { await work(); } catch (e) { res.send(`<pre>${e.stack}</pre>`); } // FIND: medium
});
app.use((err, req, res, next) => {
  res.json({ stack: process.env.NODE_ENV === 'production' ? err.stack : null }); // FIND: medium
});
app.use(errorhandler()); // FIND: medium
