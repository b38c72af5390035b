const cors = require('cors');
app.use(cors({ origin: '*', credentials: config.credentials }));
