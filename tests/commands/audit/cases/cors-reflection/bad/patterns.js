const cors = require('cors');
app.use(cors({ origin: /.*/, credentials: true })); // FIND: high
app.use(cors({ origin: ['https://a.example.com', /./] })); // FIND: medium
app.use(cors({ origin: /example\.com/, credentials: true })); // FIND: high
app.use(cors({ origin: /^https:\/\/app\.example\.com/ })); // FIND: medium
app.use(cors({ origin: /example\.com$/ })); // FIND: medium
app.use(cors({ origin: /^https:\/\/.*example\.com$/ })); // FIND: medium
app.use(cors({ origin: new RegExp('^https?://.+$') })); // FIND: medium
app.use(cors({ origin: /^https:\/\/a\.example\.com$|example\.org/ })); // FIND: medium
app.use(cors({ origin: 'null' })); // FIND: medium
app.use(cors({ origin: process.env.ORIGIN || true, credentials: true })); // FIND: medium
