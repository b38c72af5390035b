const cors = require('cors');
app.use(cors({ // UNKNOWN: which origins its function lets in is not told
  origin(origin, callback) {
    if (allowed.has(origin)) callback(null, true);
    else callback(new Error('no'));
  },
}));
