const { Server } = require('socket.io');
const io = new Server(httpServer);
io.emit('message', {}); // FIND: low
io.sockets.emit('message', {}); // FIND: low
io.of('/chat').emit('message', {}); // FIND: low
io.on('connection', (socket) => {
  socket.broadcast.emit('typing'); // FIND: low
});
