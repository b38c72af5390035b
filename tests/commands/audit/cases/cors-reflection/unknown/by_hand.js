const allowed = process.env.ORIGINS.split(',');
function first(req, res, next) {
  const { origin } = req.headers;
  if (allowed.includes(origin)) res.setHeader('Access-Control-Allow-Origin', origin);
  next();
}
function second(req, res, next) {
  const origin = allowed.find((one) => one === req.headers.origin);
  if (origin) res.setHeader('Access-Control-Allow-Origin', origin);
  next();
}
function third(req, res, next) {
  if (!isOurs(req.headers.origin)) return next();
  res.setHeader('Access-Control-Allow-Origin', req.headers.origin);
  next();
}
