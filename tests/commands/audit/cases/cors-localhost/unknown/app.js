const cors = require('cors');
app.use(cors({ origin: process.env.ORIGINS.split(',') }));
