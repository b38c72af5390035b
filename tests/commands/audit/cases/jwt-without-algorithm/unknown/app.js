const jwt = require('jsonwebtoken');
jwt.verify(token, process.env.JWT_SECRET, config.jwt);
