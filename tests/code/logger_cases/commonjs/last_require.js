#!/usr/bin/env node
// A program of the app.

'use strict';

require('dotenv').config();
const express = require('express'); // the server
const { a } = require('./a');

const app = express();
console.log('starting', a);
const late = require('./late');
app.use(late);
