const cors = require('cors');
app.use(cors({ origin: (origin, done) => done(null, known.includes(origin)) })); // UNKNOWN: which origins its function lets in is not told
