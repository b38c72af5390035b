const { Server } = require('socket.io');
const io = new Server(httpServer);
io.to('room').emit('message', {});
io.of('/chat').to('room').emit('message', {});
io.in('room').emit('message', {});
io.on('connection', (socket) => {
  socket.emit('hello');
  socket.to('room').emit('hello');
  socket.broadcast.to('room').emit('hello');
});
emitter.emit('order');
