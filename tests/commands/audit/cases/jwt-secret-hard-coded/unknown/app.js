const jwt = require('jsonwebtoken');
const sign = (payload, secret) => jwt.sign(payload, secret, { expiresIn: '1h' }); // UNKNOWN: where the secret of a token comes from is not told
