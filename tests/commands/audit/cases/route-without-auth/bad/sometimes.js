const express = require('express');
const passport = require('passport');
const app = express();
if (config.auth === 'open-source') app.use(passport.authenticate('jwt', { session: false }));
app.post('/a', (req, res) => res.end()); // FIND: low
