module.exports = (req, res, next) => {
  res.setHeader('Content-Security-Policy', policy(res));
  next();
};
