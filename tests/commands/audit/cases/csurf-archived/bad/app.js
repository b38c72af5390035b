const express = require('express');
const csurf = require('csurf');
const app = express();
const protect = csurf({ cookie: true }); // FIND: medium
app.use(protect);
app.use((req, res, next) => protect(req, res, next));
