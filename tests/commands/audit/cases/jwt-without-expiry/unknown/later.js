const jwt = require('jsonwebtoken');
const { createSigner } = require('fast-jwt');
createSigner({ key });
jwt.verify(token, key, { algorithms: ['HS256'], ignoreExpiration: relaxed });
