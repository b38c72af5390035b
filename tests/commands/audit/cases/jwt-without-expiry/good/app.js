const jwt = require('jsonwebtoken');
const payload = { id: 1, exp: Math.floor(Date.now() / 1000) + 3600 };
jwt.sign({ id: 1 }, process.env.JWT_SECRET, { expiresIn: process.env.TTL });
jwt.sign(payload, process.env.JWT_SECRET);
jwt.verify(token, process.env.JWT_SECRET);
