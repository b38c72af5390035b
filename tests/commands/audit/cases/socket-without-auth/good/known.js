exports.known = (socket, next) => {
  if (!socket.request.session.user) return next(new Error('unauthorized'));
  next();
};
