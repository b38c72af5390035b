const cors = require('cors');
app.use(cors({ origin: [/\.example\.com$/, /^https:\/\/app\.example\.com(:\d+)?$/] }));
app.use(cors({ origin: /^https?:\/\/([a-z]+\.)?example\.com$/, credentials: true }));
app.use(cors({ origin: /(^|\.)example\.com$/ }));
