const express = require('express');
const cors = require('cors');
const session = require('express-session');
const app = express();
app.use(session({ secret: process.env.S }));
app.use(cors({ origin: true, credentials: true })); // FIND: high
app.use(cors({ origin: true })); // FIND: medium
app.use(cors({ origin: (origin, callback) => callback(null, true) })); // FIND: medium
app.use(cors({ origin: function (origin, callback) { callback(null, origin); }, credentials: true })); // FIND: high
app.get('/a', (req, res) => res.end());
