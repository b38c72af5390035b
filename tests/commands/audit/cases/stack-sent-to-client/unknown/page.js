const express = require('express');
const { answer } = require('@acme/answers');
const app = express();
app.use((err, req, res, next) => { res.render('error', { error: err }); }); // UNKNOWN: whether the page shows the trace of the error that it is given is not told
app.use((err, req, res, next) => { answer(res, { stack: err.stack }); }); // UNKNOWN: what answer does with it is not told
app.use((err, req, res, next) => { res.json(shaped(err.stack)); }); // UNKNOWN: what shaped does with it is not told
