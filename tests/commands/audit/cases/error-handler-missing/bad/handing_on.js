const express = require('express');
const { errors } = require('celebrate');
const winston = require('express-winston');
const one = express(); // FIND: medium
one.get('/a', (req, res) => res.end());
one.use('/admin', (err, req, res, next) => res.status(500).end());
const two = express(); // FIND: medium
two.get('/a', (req, res) => res.end());
two.use(winston.errorLogger({}));
two.use(errors());
const three = express(); // FIND: medium
three.get('/a', (req, res) => res.end());
three.use((err, req, res, next) => { logger.error(err); next(err); });
