module.exports = (req, res) => {
  req.app.get('io').emit('order', {}); // FIND: low
  const io = req.app.get('io');
  io.emit('order', {}); // FIND: low
};
