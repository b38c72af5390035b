const allowed = process.env.ORIGINS.split(',');
function first(req, res, next) {
  const { origin } = req.headers;
  if (allowed.includes(origin)) res.setHeader('Access-Control-Allow-Origin', origin); // UNKNOWN: which origins allowed.includes(origin) lets in is not told
  next();
}
function second(req, res, next) {
  const origin = allowed.find((one) => one === req.headers.origin);
  if (origin) res.setHeader('Access-Control-Allow-Origin', origin); // UNKNOWN: which origins allowed.find((one) => one === req.headers.origin) lets in is not told
  next();
}
function third(req, res, next) {
  if (!isOurs(req.headers.origin)) return next();
  res.setHeader('Access-Control-Allow-Origin', req.headers.origin); // UNKNOWN: which origins !isOurs(req.headers.origin) lets in is not told
  next();
}
