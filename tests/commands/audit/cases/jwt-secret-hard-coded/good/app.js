const jwt = require('jsonwebtoken');
const fs = require('fs');
const key = fs.readFileSync('private.pem');
const PUBLIC = '-----BEGIN PUBLIC KEY-----\nMFww\n-----END PUBLIC KEY-----';
jwt.sign({ id: 1 }, process.env.JWT_SECRET, { expiresIn: '1h' });
jwt.sign({ id: 1 }, key, { expiresIn: '1h', algorithm: 'RS256' });
jwt.verify(token, PUBLIC, { algorithms: ['RS256'] });
jwt.decode(token, 'complete');
