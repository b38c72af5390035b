const cors = require('cors');
app.use(cors({
  origin(origin, callback) {
    if (allowed.has(origin)) callback(null, true);
    else callback(new Error('no'));
  },
}));
