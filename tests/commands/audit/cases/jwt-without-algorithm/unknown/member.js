const jwt = require('jsonwebtoken');
jwt.verify(token, key, { algorithms: [pick(token)] }); // UNKNOWN: which algorithms are allowed is not told: pick(token) is decided at run time
