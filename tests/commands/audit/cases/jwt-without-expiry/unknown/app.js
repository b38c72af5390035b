const jwt = require('jsonwebtoken');
const sign = (payload) => jwt.sign(payload, process.env.JWT_SECRET); // UNKNOWN: whether the token that is signed here ends is not told
