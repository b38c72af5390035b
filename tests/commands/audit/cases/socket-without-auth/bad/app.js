const { Server } = require('socket.io');
const io = new Server(httpServer); // FIND: medium
io.use((socket, next) => { count += 1; next(); });
io.on('connection', (socket) => socket.emit('hello'));
