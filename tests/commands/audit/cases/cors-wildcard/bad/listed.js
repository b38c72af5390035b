module.exports = (req, res, next) => {
  res.append('access-control-allow-origin', ['*']); // FIND: medium
  next();
};
