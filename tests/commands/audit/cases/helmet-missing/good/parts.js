const express = require('express');
const helmet = require('helmet');
const lusca = require('lusca');
const one = express();
one.use(helmet.hsts(), helmet.noSniff(), helmet.frameguard());
one.get('/a', (req, res) => res.end());
const two = express();
two.use(lusca({ csrf: true, hsts: { maxAge: 31536000 }, nosniff: true }));
two.get('/a', (req, res) => res.end());
