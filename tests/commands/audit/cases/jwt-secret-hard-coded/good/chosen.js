const jwt = require('jsonwebtoken');
const { createVerifier } = require('fast-jwt');
const { TOKEN_KEY = '' } = process.env;
const secret = process.env.NODE_ENV === 'production' ? process.env.KEY : 'only-for-tests';
jwt.sign({ id: 1 }, secret, { expiresIn: '1h' });
jwt.sign({ id: 1 }, TOKEN_KEY, { expiresIn: '1h' });
createVerifier({ key: process.env.KEY, algorithms: ['HS256'] });
