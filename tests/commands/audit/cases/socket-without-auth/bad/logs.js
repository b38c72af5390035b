const { Server } = require('socket.io');
const io = new Server(3000); // FIND: medium
io.use((socket, next) => { logger.info('from', socket.handshake.address); next(); });
io.on('connection', (socket) => socket.emit('hello'));
