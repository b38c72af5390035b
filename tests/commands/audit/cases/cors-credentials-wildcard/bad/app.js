const cors = require('cors');
const { Server } = require('socket.io');
app.use(cors({ origin: '*', credentials: true })); // FIND: medium
app.use(cors({ credentials: true })); // FIND: medium
const io = new Server(server, { cors: { origin: '*', credentials: true } }); // FIND: medium
