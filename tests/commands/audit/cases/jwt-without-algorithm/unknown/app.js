const jwt = require('jsonwebtoken');
jwt.verify(token, process.env.JWT_SECRET, config.jwt); // UNKNOWN: which algorithms are allowed is not told: config.jwt is decided at run time
