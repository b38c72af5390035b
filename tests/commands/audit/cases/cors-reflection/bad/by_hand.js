module.exports.one = (req, res, next) => {
  res.header('Access-Control-Allow-Origin', req.headers.origin || '*'); // FIND: high
  res.header('Access-Control-Allow-Credentials', 'true');
  next();
};
module.exports.two = (req, res, next) => {
  const { origin } = req.headers;
  if (origin) res.set('access-control-allow-origin', origin); // FIND: medium
  next();
};
module.exports.three = (req, reply, next) => {
  reply.setHeader('Access-Control-Allow-Origin', req.get('origin') || '*'); // FIND: medium
  next();
};
