const { Server } = require('socket.io');
const jwt = require('jsonwebtoken');
const hub = new Server(3000); // FIND: medium
const guard = (socket, next) => {
  try { socket.user = jwt.verify(socket.handshake.auth.token, key, { algorithms: ['HS256'] }); next(); } catch (e) { next(e); }
};
hub.of('/admin').use(guard);
hub.on('connection', (socket) => socket.emit('hello'));
const two = new Server(3001); // FIND: medium
two.on('connection', (socket) => socket.emit('hello'));
const three = new Server(3002);
three.use(guard);
three.on('connection', (socket) => socket.emit('hello'));
const four = new Server(3003);
four.of('/admin').use(guard);
four.of('/admin').on('connection', (socket) => socket.emit('hello'));
