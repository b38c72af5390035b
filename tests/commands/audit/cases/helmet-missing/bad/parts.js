const express = require('express');
const helmet = require('helmet');
const lusca = require('lusca');
const one = express(); // FIND: medium
one.use(helmet.hidePoweredBy());
one.get('/a', (req, res) => res.end());
const two = express(); // FIND: medium
two.use(lusca({ csrf: true }));
two.get('/a', (req, res) => res.end());
