// One instance of an app that signs and verifies; its environment comes with `node --env-file`.
'use strict';
const http = require('node:http');
const jwt = require('jsonwebtoken');
const { jwtRing } = require('./jwt-ring.cjs');

const [, , sort, life] = process.argv;
const expiresIn = Number(life);
const users = jwtRing('JWT_SECRET_KEY');
const plain = {
  sign: (payload, options) => jwt.sign(payload, process.env.JWT_SECRET_KEY, options),
  verify: (token) => jwt.verify(token, process.env.JWT_SECRET_KEY, { algorithms: ['HS256'] }),
};
const app = sort === 'ring' ? users : plain;

const server = http.createServer((req, res) => {
  if (req.url === '/sign') return res.end(app.sign({ sub: 'ana' }, { expiresIn }));
  if (req.url === '/kids') return res.end(JSON.stringify(users.kids()));
  try {
    app.verify(req.headers.authorization.slice('Bearer '.length));
    return res.end('accepted');
  } catch (error) {
    res.statusCode = 401;
    return res.end(error.message);
  }
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.on('SIGTERM', () => { server.close(); server.closeIdleConnections(); });
