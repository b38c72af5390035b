const cors = require('cors');
const config = { origin: ['https://app.example.com'] };
app.use(cors(config));
app.use(cors({ origin: false }));
if (process.env.NODE_ENV === 'development') app.use(cors());
app.use(cors({ origin: '*', credentials: true })); // another check's
