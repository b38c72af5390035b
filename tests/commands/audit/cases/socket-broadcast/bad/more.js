const { Server } = require('socket.io');
const io = new Server(3000);
io.on('connection', (client) => {
  client.broadcast.emit('typing'); // FIND: low
  client.nsp.emit('typing'); // FIND: low
  client.emit('own');
});
io.except('room').emit('message', {}); // FIND: low
io.volatile.emit('message', {}); // FIND: low
