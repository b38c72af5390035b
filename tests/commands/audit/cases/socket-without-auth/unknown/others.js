const { Server } = require('socket.io');
const { check } = require('@acme/sockets');
const hub = new Server(3000); // UNKNOWN: whether this server asks who connects is not told: what check does is not told
hub.use((socket, next) => check(socket, next));
const other = new Server(3001); // UNKNOWN: whether this server asks who connects is not told: what check does is not told
other.use(check);
