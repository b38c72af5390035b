const jwt = require('jsonwebtoken');
const sign = (payload) => jwt.sign(payload, process.env.JWT_SECRET);
