const jwt = require('jsonwebtoken');
const { promisify } = require('util');
const { Strategy } = require('passport-jwt');
const SECRET = 'not-a-real-secret';
const config = { jwt: { secret: process.env.JWT_SECRET || 'fallback-text' } };
jwt.sign({ id: 1 }, SECRET, { expiresIn: '1h' }); // FIND: high
jwt.verify(token, 'not-a-real-secret'); // FIND: high
promisify(jwt.verify)(token, SECRET); // FIND: high
jwt.sign({ id: 1 }, config.jwt.secret, { expiresIn: '1h' }); // FIND: medium
jwt.sign({ id: 1 }, Buffer.from('not-a-real-secret'), { expiresIn: '1h' }); // FIND: high
passport.use(new Strategy({ secretOrKey: SECRET, jwtFromRequest: from }, check)); // FIND: high
