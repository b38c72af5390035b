const express = require('express');
const session = require('express-session');
const app = express();
app.use(session({ secret: process.env.S }));
app.post('/password', (req, res) => res.json(req.body)); // FIND: medium
app.delete('/users/:id', (req, res) => res.end()); // FIND: medium
app.get('/me', (req, res) => res.end());
