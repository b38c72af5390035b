const { Server } = require('socket.io');
const { authorize } = require('@thream/socketio-jwt');
const { known } = require('./known');
const first = new Server(3000);
first.use(authorize({ secret: process.env.KEY }));
const second = new Server(3001);
second.use((socket, next) => {
  find(socket.handshake.auth.token).then((user) => { socket.user = user; next(); }).catch(next);
});
const third = new Server(3002, { allowRequest: (req, done) => done(null, isKnown(req)) });
const fourth = new Server(3003);
fourth.use((socket, next) => known(socket, next));
const fifth = new Server();
const later = { allowRequest: (req, done) => { if (!isKnown(req)) return done('no'); done(null, true); } };
later.cors = { origin: 'https://app.example.com' };
fifth.attach(httpServer, later);
