module.exports = (req, res, next) => {
  res.header('Access-Control-Allow-Origin', req.headers.origin); // FIND: high
  res.header('Access-Control-Allow-Credentials', 'true');
  next();
};
