const cors = require('cors');
app.use(cors({ origin: process.env.ORIGINS?.split(',') || ['http://localhost:3000'] })); // FIND: low
const { CLIENT_URL = 'http://127.0.0.1:3000' } = process.env;
app.use(cors({ origin: CLIENT_URL })); // FIND: low
