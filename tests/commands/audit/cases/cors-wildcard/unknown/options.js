const cors = require('cors');
app.use(cors(config.get('cors')));
