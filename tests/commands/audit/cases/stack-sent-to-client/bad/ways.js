const express = require('express');
const util = require('util');
const { serializeError } = require('serialize-error');
const { described } = require('./described');
const app = express();
app.use((err, req, res, next) => {
  const { message, stack } = err;
  res.status(500).json({ message, stack }); // FIND: medium
});
app.use((err, req, res, next) => { res.status(500).json(format(err)); });
function format(e) {
  return { message: e.message, stack: e.stack }; // FIND: medium
}
app.use((err, req, res, next) => { res.send(util.inspect(err)); }); // FIND: medium
app.use((err, req, res, next) => { res.json(serializeError(err)); }); // FIND: medium
app.use((err, req, res, next) => { res.json({ trace: err['stack'] }); }); // FIND: medium
app.use((err, req, res, next) => {
  const body = {};
  Object.assign(body, { stack: err.stack }); // FIND: medium
  res.json(body);
});
app.use((problem, req, res, next) => { sendJson(res, { stack: problem.stack }); }); // FIND: medium
function sendJson(answer, body) {
  answer.status(500).json(body);
}
app.use((error, _req, out, _next) => { out.status(500).json({ stack: error.stack }); }); // FIND: medium
app.use((err, req, res, next) => {
  let text = '';
  text += err.stack; // FIND: medium
  res.send(text);
});
app.use((err, req, res, next) => { res.json({ lines: err.stack?.split('\n').map((one) => one.trim()) }); }); // FIND: medium
app.use((err, req, res, next) => { res.json(described(err)); });
app.get('/a', async (req, res) => {
  try { await work(); } catch (boom) { res.json({ stack: boom.stack }); } // FIND: medium
});
app.use((err, req, res, next) => {
  if (process.env.NODE_ENV === 'test') return next(err);
  res.json(JSON.stringify(err, Object.getOwnPropertyNames(err))); // FIND: medium
});
app.use((err, req, res, next) => {
  const body = { message: err.message };
  body.stack = err.stack; // FIND: medium
  res.json(body);
});
