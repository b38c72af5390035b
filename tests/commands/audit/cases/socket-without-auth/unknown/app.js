const { Server } = require('socket.io');
const io = new Server(httpServer); // UNKNOWN: whether this server asks who connects is not told: app.js looks at a handshake outside of `use`
io.on('connection', (socket) => {
  if (!known(socket.handshake.auth)) socket.disconnect();
});
