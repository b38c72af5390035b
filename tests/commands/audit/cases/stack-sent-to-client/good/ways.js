const express = require('express');
const util = require('util');
const app = express();
app.use((err, req, res, next) => {
  if (process.env.NODE_ENV === 'production') return res.status(500).json({ error: 'internal error' });
  return res.status(500).json({ stack: err.stack });
});
app.use((err, req, res, next) => {
  res.status(500).json({ id: logger.error(err.stack) });
});
app.use((err, req, res, next) => {
  const { message, stack } = err;
  logger.error(util.inspect(err), { stack });
  res.status(500).json({ error: err.stack ? 'internal error' : message });
});
app.use((err, req, res, next) => { res.json(process.env.NODE_ENV === 'development' ? whole(err) : {}); });
const whole = (e) => ({ stack: e.stack });
const kept = (e) => ({ stack: e.stack });
store.save(kept(new Error('a')));
app.use((err, req, res, next) => { keep(res, err.stack); });
function keep(answer, text) {
  lines.push(text);
  answer.status(500).end();
}
process.on('uncaughtException', (err, file) => { file.write(err.stack); });
