const express = require('express');
const session = require('express-session');
const cookieSession = require('cookie-session');
const app = express();
app.use(session({ secret: 'no-secret-but-a-case' })); // FIND: high
app.use(session({ secret: process.env.SECRET || 'dev' })); // FIND: medium
app.use(cookieSession({ keys: ['no-secret-but-a-case'] })); // FIND: high
