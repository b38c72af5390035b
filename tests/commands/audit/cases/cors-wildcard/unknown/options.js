const cors = require('cors');
app.use(cors(config.get('cors'))); // UNKNOWN: which origins config.get('cors') lets in is not told
