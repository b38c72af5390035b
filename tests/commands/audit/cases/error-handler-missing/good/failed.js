exports.failed = (err, req, res, next) => {
  if (res.headersSent) return next(err);
  answered(res, err);
};
