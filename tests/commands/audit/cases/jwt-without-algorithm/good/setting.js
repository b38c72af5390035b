const jwt = require('jsonwebtoken');
const jws = require('jws');
jwt.verify(token, key, { algorithms: [process.env.JWT_ALGORITHM] });
jwt.verify(token, key, { algorithms: [config.jwt.algorithm] });
jws.verify(token, 'HS256', key);
const known = jwt ? ['HS256'] : pick(token);
jwt.verify(token, key, { algorithms: known });
