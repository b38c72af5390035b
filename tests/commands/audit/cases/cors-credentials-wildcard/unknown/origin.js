const cors = require('cors');
app.use(cors({ origin: config.origin, credentials: true })); // UNKNOWN: which origins config.origin lets in is not told
