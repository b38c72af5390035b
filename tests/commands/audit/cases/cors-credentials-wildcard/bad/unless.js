const cors = require('cors');
app.use(cors({ origin: process.env.ORIGIN ? process.env.ORIGIN : '*', credentials: true })); // FIND: medium
