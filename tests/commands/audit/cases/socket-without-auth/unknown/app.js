const { Server } = require('socket.io');
const io = new Server(httpServer);
io.on('connection', (socket) => {
  if (!known(socket.handshake.auth)) socket.disconnect();
});
