const helmet = require('helmet');
app.use(helmet());
app.use(helmet.hsts());
app.use(helmet({ contentSecurityPolicy: { directives: {
  scriptSrc: ["'self'", (req, res) => `'nonce-${res.locals.nonce}'`, "'unsafe-inline'"],
  imgSrc: ["'unsafe-inline'"],
} } }));
if (process.env.NODE_ENV === 'development') app.use(helmet({ contentSecurityPolicy: false }));
