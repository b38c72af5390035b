const { createSigner } = require('fast-jwt');
const jwt = require('jsonwebtoken');
const jws = require('jws');
const njwt = require('njwt');
createSigner({ key, expiresIn: 3600 });
jws.sign({ header: { alg: 'HS256' }, payload: 'a message', secret: key });
njwt.create({ sub: 1 }, key);
jwt.verify(token, key, { algorithms: ['HS256'], ignoreExpiration: false });
