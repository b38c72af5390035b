const jwt = require('jsonwebtoken');
const { createSigner } = require('fast-jwt');
const jws = require('jws');
const njwt = require('njwt');
const { TOKEN_KEY = 'not-a-real-secret' } = process.env;
const ends = { expiresIn: '1h' };
jwt.sign({ id: 1 }, TOKEN_KEY, ends); // FIND: medium
jwt.sign({ id: 1 }, process.env.KEY ? process.env.KEY : 'not-a-real-secret', ends); // FIND: medium
jwt.sign({ id: 1 }, { key: 'not-a-real-secret', passphrase: process.env.PHRASE }, ends); // FIND: high
jwt.sign({ id: 1 }, old ? 'not-a-real-secret' : 'not-one-either', ends); // FIND: high
(0, jwt.sign)({ id: 1 }, 'not-a-real-secret', ends); // FIND: high
jwt.sign.call(jwt, { id: 1 }, 'not-a-real-secret', ends); // FIND: high
createSigner({ key: 'not-a-real-secret', expiresIn: 3600 }); // FIND: high
jws.sign({ header: { alg: 'HS256' }, payload: 'x', secret: 'not-a-real-secret' }); // FIND: high
njwt.create({ sub: 1 }, 'not-a-real-secret'); // FIND: high
njwt.verify(token, 'not-a-real-secret'); // FIND: high
