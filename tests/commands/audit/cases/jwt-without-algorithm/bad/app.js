const jwt = require('jsonwebtoken');
const simple = require('jwt-simple');
jwt.verify(token, process.env.JWT_SECRET); // FIND: low
jwt.verify(token, process.env.JWT_SECRET, { issuer: 'a' }); // FIND: low
jwt.verify(token, process.env.JWT_SECRET, (error, payload) => {}); // FIND: low
jwt.verify(token, process.env.JWT_SECRET, { algorithms: ['HS256', 'none'] }); // FIND: high
jwt.sign({}, '', { algorithm: 'none' }); // FIND: high
simple.decode(token, process.env.JWT_SECRET); // FIND: medium
