import cors from 'cors';
import { Server } from 'socket.io';
const options = { methods: ['GET'] };
export const open = cors(options); // FIND: medium
const io = new Server(3000, { cors: { origin: '*' } }); // FIND: medium
