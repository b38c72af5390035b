module.exports = (req, res, next) => {
  res.setHeader('Content-Security-Policy', "script-src 'self' 'unsafe-inline'; style-src 'self'"); // FIND: medium
  res.set({ 'content-security-policy': "default-src 'self'; style-src 'unsafe-inline'" }); // FIND: low
  next();
};
exports.page = (req, res) => {
  const policy = `img-src 'self' ${req.user.image}; script-src 'self' 'unsafe-eval'`;
  res.set({ 'Content-Security-Policy': policy }); // FIND: medium
};
