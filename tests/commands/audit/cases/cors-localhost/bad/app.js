const cors = require('cors');
const origins = ['http://localhost:3000', 'https://app.example.com'];
app.use(cors({ origin: origins })); // FIND: low
app.use(cors({ origin: 'http://app.example.com' })); // FIND: medium
app.use(cors({ origin: process.env.CLIENT_URL || 'http://localhost:5173' })); // FIND: low
app.use(cors({ origin: [process.env.A, 'http://127.0.0.1:3000'] })); // FIND: low
