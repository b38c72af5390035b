const { Server } = require('socket.io');
const x = (1 + ;
