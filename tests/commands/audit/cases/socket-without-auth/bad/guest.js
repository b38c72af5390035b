const { Server } = require('socket.io');
const server = new Server(3000); // FIND: medium
server.use(async (socket, next) => { socket.user = 'guest'; next(); });
const other = new Server(3001, { allowRequest: (req, done) => done(null, true) }); // FIND: medium
other.use((socket, next) => { if (busy()) return next(new Error('later')); next(); });
