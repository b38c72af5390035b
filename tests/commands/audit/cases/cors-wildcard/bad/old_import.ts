import cors = require('cors');
app.use(cors()); // FIND: medium
