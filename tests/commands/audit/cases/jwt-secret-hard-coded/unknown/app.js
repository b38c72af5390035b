const jwt = require('jsonwebtoken');
const sign = (payload, secret) => jwt.sign(payload, secret, { expiresIn: '1h' });
