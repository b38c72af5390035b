const jwt = require('jsonwebtoken');
const { createSigner } = require('fast-jwt');
createSigner({ key }); // UNKNOWN: whether the token that is signed here ends is not told
jwt.verify(token, key, { algorithms: ['HS256'], ignoreExpiration: relaxed }); // UNKNOWN: whether a token that has ended is refused is not told
