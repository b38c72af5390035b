const express = require('express');
const csurf = require('csurf');
const app = express();
app.use(csurf({ cookie: true })); // FIND: medium
