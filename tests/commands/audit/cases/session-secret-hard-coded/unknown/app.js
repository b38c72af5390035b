const express = require('express');
const session = require('express-session');
const { keys } = require('./elsewhere');
const app = express();
app.use(session({ secret: keys.session })); // UNKNOWN: where the secret of sessions comes from is not told
