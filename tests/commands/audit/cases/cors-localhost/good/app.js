const cors = require('cors');
app.use(cors({ origin: 'https://localhost.example.com' }));
if (process.env.NODE_ENV !== 'production') {
  app.use(cors({ origin: 'http://localhost:3000' }));
}
app.use(cors());
app.use(cors({ origin: process.env.ORIGINS.split(',') }));
app.use(cors({ origin: process.env.ORIGIN, credentials: true }));
app.use(cors({ origin: [process.env.ORIGIN, /\.example\.com$/] }));
