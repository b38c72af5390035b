const jwt = require('jsonwebtoken');
const io = require('socket.io')(httpServer, { cors: { origin: 'https://app.example.com' } });
io.use((socket, next) => {
  jwt.verify(socket.handshake.auth.token, process.env.JWT_SECRET, { algorithms: ['HS256'] });
  next();
});
