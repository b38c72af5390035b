const jwt = require('jsonwebtoken');
const simple = require('jwt-simple');
jwt.sign({ id: 1 }, process.env.JWT_SECRET); // FIND: medium
jwt.sign({ id: 1 }, process.env.JWT_SECRET, { algorithm: 'HS256' }); // FIND: medium
jwt.sign({ id: 1 }, process.env.JWT_SECRET, (error, token) => {}); // FIND: medium
simple.encode({ id: 1 }, process.env.JWT_SECRET); // FIND: medium
