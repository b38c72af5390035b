const helmet = require('helmet');
const directives = { scriptSrc: ["'self'", "'unsafe-inline'"], styleSrc: ["'unsafe-inline'"] };
app.use(helmet({ contentSecurityPolicy: { directives } })); // FIND: medium; low
app.use(helmet({ contentSecurityPolicy: false })); // FIND: low
app.use(helmet.contentSecurityPolicy({ directives: { 'script-src': ["'unsafe-eval'"] } })); // FIND: medium
