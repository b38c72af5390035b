const cors = require('cors');
app.use(cors({ origin: config.get('origins') }));
