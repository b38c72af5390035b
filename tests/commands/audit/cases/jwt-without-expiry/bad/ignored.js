const jwt = require('jsonwebtoken');
const jws = require('jws');
jwt.verify(token, key, { algorithms: ['HS256'], ignoreExpiration: true }); // FIND: medium
jws.sign({ header: { alg: 'HS256' }, payload: { sub: 1 }, secret: key }); // FIND: medium
jwt.sign({ id: 1 }, key, { expiresIn: undefined }); // FIND: medium
