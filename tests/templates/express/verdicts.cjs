// What every way to verify says of tokens: reads [{name, token}] from stdin, answers in JSON.
'use strict';
const http = require('node:http');
const jwt = require('jsonwebtoken');
const { jwtRing } = require('./jwt-ring.cjs');

const [, , name, pinned] = process.argv;
const ring = jwtRing(name);
const { algorithms } = ring;
const options = pinned === 'unpinned' ? {} : { algorithms };

const said = (error) => (error ? error.message : 'accepted');
const attempt = (verify) => { try { verify(); return 'accepted'; } catch (error) { return said(error); } };
const ways = {
  verify: async (token) => attempt(() => ring.verify(token)),
  keyFor: async (token) => attempt(() => jwt.verify(token, ring.keyFor(token), options)),
  callback: (token) => new Promise((done) => {
    jwt.verify(token, ring.callback(token), options, (error) => done(said(error)));
  }),
};

async function served(use) {
  const express = require('express');
  const app = express();
  use(app);
  app.use((error, req, res, next) => res.status(error.status || 500).send(error.message));
  const server = http.createServer(app).listen(0, '127.0.0.1');
  await new Promise((done) => server.once('listening', done));
  const url = `http://127.0.0.1:${server.address().port}`;
  return { server, get: async (path, headers) => {
    const answer = await fetch(`${url}${path}`, { headers });
    return answer.status === 200 ? 'accepted' : `${answer.status} ${await answer.text()}`;
  } };
}

function withExpressJwt(app) {
  const { expressjwt } = require('express-jwt');
  const given = { secret: ring.secret, algorithms };
  app.get('/header', expressjwt(given), (req, res) => res.send(req.auth));
  const cookie = (req) => decodeURIComponent(req.headers.cookie || '').replace(/^.*token=(s:)?/, '');
  app.get('/cookie', expressjwt({ ...given, getToken: cookie }), (req, res) => res.send(req.auth));
  app.get('/query', expressjwt({ ...given, getToken: (req) => req.query.t }), (req, res) => res.send(req.auth));
}

function withPassport(app) {
  const passport = require('passport');
  const { Strategy, ExtractJwt } = require('passport-jwt');
  const { secretOrKeyProvider } = ring;
  const jwtFromRequest = ExtractJwt.fromAuthHeaderAsBearerToken();
  passport.use(new Strategy({ jwtFromRequest, secretOrKeyProvider, ...options }, (payload, done) => done(null, payload)));
  const check = passport.authenticate('jwt', { session: false });
  app.get('/header', check, (req, res) => res.send(req.user));
}

(async () => {
  const servers = [];
  if (require('jsonwebtoken/package.json').version.startsWith('9')) {
    const a = await served(withExpressJwt), b = await served(withPassport);
    servers.push(a.server, b.server);
    const bearer = (token) => ({ authorization: `Bearer ${token}` });
    ways['express-jwt'] = (token) => a.get('/header', bearer(token));
    ways['express-jwt cookie'] = (token) => a.get('/cookie', { cookie: `a=b; token=${token}` });
    ways['express-jwt signed cookie'] = (token) => a.get('/cookie', { cookie: `token=s%3A${token}` });
    ways['express-jwt query'] = (token) => a.get(`/query?t=${token}`, {});
    ways['passport-jwt'] = (token) => b.get('/header', bearer(token));
  }
  const answers = {};
  for (const { name: called, token } of JSON.parse(require('node:fs').readFileSync(0, 'utf8'))) {
    answers[called] = {};
    for (const [way, verdict] of Object.entries(ways)) answers[called][way] = await verdict(token);
  }
  servers.forEach((server) => { server.close(); server.closeAllConnections(); });
  process.stdout.write(JSON.stringify(answers));
})();
