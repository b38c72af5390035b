const express = require('express');
const { answer } = require('@acme/answers');
const app = express();
app.use((err, req, res, next) => { res.render('error', { error: err }); });
app.use((err, req, res, next) => { answer(res, { stack: err.stack }); });
app.use((err, req, res, next) => { res.json(shaped(err.stack)); });
