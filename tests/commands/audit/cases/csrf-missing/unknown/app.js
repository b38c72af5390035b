const express = require('express');
const passport = require('passport');
const app = express();
app.post('/a', passport.authenticate('some'), (req, res) => res.end()); // UNKNOWN: the CSRF protection of POST /a is not told
