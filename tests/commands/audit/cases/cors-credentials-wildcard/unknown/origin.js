const cors = require('cors');
app.use(cors({ origin: config.origin, credentials: true })); // UNKNOWN: which origins are let in is not told: config
