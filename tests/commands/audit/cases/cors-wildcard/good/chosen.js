const cors = require('cors');
app.use(cors({ origin: process.env.NODE_ENV === 'production' ? 'https://app.example.com' : '*' }));
request.setHeader('Origin', '*');
