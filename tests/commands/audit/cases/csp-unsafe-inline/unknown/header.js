module.exports = (req, res, next) => {
  res.setHeader('Content-Security-Policy', policy(res)); // UNKNOWN: the policy policy(res) is not told
  next();
};
