const express = require('express');
const getRawBody = require('raw-body');
const formidable = require('formidable');
const app = express();
app.post('/a', (req, res) => {
  let body = '';
  req.on('data', (piece) => { body += piece; }); // FIND: medium
  req.on('end', () => { db.save(body); res.end(); });
});
app.post('/b', async (req, res) => {
  const pieces = [];
  for await (const piece of req) pieces.push(piece); // FIND: medium
  res.end();
});
app.post('/c', async (req, res) => {
  db.save(await getRawBody(req)); // FIND: medium
});
app.post('/d', (req, res) => {
  formidable({ maxFileSize: Infinity }).parse(req); // FIND: medium
  formidable({ maxFileSize: 2 * 1024 * 1024 * 1024 }).parse(req); // FIND: low
});
app.use(express.json({ limit: process.env.LIMIT ? process.env.LIMIT : '5gb' })); // FIND: medium
