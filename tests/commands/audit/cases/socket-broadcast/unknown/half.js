const { Server } = require('socket.io');
const x = (1 + ; // UNKNOWN: does not fit the grammar
