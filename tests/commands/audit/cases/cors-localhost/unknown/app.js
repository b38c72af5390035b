const cors = require('cors');
app.use(cors({ origin: config.get('origins') })); // UNKNOWN: which origins config.get('origins') lets in is not told
