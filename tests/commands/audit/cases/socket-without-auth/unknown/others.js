const { Server } = require('socket.io');
const { check } = require('@acme/sockets');
const hub = new Server(3000);
hub.use((socket, next) => check(socket, next));
const other = new Server(3001);
other.use(check);
