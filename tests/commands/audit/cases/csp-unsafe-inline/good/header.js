module.exports = (req, res, next) => {
  res.setHeader('Content-Security-Policy', `script-src 'self' 'nonce-${res.locals.nonce}' 'unsafe-inline'`);
  res.setHeader('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'");
  next();
};
