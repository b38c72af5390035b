const cors = require('cors');
app.use(cors());
app.use(cors({ origin: ['https://app.example.com'], credentials: true }));
if (process.env.NODE_ENV === 'test') app.use(cors({ origin: true }));
