const cors = require('cors');
app.use(cors({ origin: '*', credentials: config.credentials })); // UNKNOWN: whether with credentials is not told
