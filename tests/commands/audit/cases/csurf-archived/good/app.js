const { csrfSync } = require('csrf-sync');
const csurf = (options) => (req, res, next) => next();
const { csrfSynchronisedProtection } = csrfSync();
app.use(csrfSynchronisedProtection, csurf());
