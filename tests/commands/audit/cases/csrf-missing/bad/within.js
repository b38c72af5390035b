const express = require('express');
const jwt = require('jsonwebtoken');
const session = require('express-session');
const csurf = require('csurf');
const app = express();
app.post('/a', (req, res) => { const user = jwt.verify(req.cookies.token, process.env.S); store.add(user); res.end(); }); // FIND: medium
app.use(session({ secret: process.env.S, cookie: { secure: true, maxAge: 1 } }));
app.post('/b', csurf({ ignoreMethods: ['POST'] }), (req, res) => res.end()); // FIND: medium
