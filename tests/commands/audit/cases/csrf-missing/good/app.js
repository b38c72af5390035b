const express = require('express');
const session = require('express-session');
const { doubleCsrf } = require('csrf-csrf');
const { doubleCsrfProtection } = doubleCsrf({ getSecret: () => process.env.S });
const app = express();
app.use(session({ secret: process.env.S }));
app.use(doubleCsrfProtection);
app.post('/password', (req, res) => res.json(req.body));
