const jwt = require('jsonwebtoken');
const { createVerifier } = require('fast-jwt');
const jws = require('jws');
jwt.verify(token, key, { algorithms: [jwt.decode(token, { complete: true }).header.alg] }); // FIND: medium
jwt.verify(token, key, { algorithms: jwt.decode(token, { complete: true }).header.alg }); // FIND: medium
const { header } = jwt.decode(token, { complete: true });
jwt.verify(token, key, { algorithms: ['HS256', header.alg] }); // FIND: medium
createVerifier({ key }); // FIND: low
jws.verify(token, jws.decode(token).header.alg, key); // FIND: medium
jws.verify(token, key); // FIND: low
