'use strict';
// Signs and verifies JSON Web Tokens (HS256) with the ring of keys that `skc rotate` keeps in the
// environment: NAME signs and verifies; the entries `v1.<base64url of a key>.<not_after>` of
// NAME_FALLBACKS verify until then; tokens issued before NAME_MIN_IAT are refused.
//   const users = require('./jwt-ring.cjs').jwtRing('JWT_SECRET_KEY');
//   users.sign(payload, { expiresIn: '7d' });  users.verify(token);
//   jwt.verify(token, users.callback(token), { algorithms: users.algorithms }, done);
//   expressjwt({ secret: users.secret, algorithms: users.algorithms });
//   new JwtStrategy({ secretOrKeyProvider: users.secretOrKeyProvider, jwtFromRequest, ... }, ...);
// The environment is read at each call. It needs no package; sign and verify take your jsonwebtoken.
const { createHmac, randomBytes, timingSafeEqual } = require('node:crypto');

const ENTRY = /^v1\.([A-Za-z0-9_-]+)\.(0|[1-9][0-9]{0,11})$/;
// Handed out where no key fits: without any key some verifiers accept a token without a signature.
const NOBODY = randomBytes(32).toString('base64url');
const hmac = (key, text) => createHmac('sha256', key).update(text).digest('base64url');
const equal = (a, b) => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
const json = (part) => JSON.parse(Buffer.from(part, 'base64url').toString());

// The name of a key, which goes into the header; a key that a person may have made up has none.
function kid(key) {
  const drawn = /^(?=.*[0-9])(?=.*[a-z])[A-Za-z0-9_-]{43,128}$/.test(key) && !/(.{5}).*\1/.test(key)
    && key.length <= 3 * key.match(/[A-Z]?[a-z]+|[A-Z]|[0-9]+/g).length;
  return drawn ? hmac(key, 'skc jwt kid v1').slice(0, 8) : undefined;
}

// For a health answer: res.json({ skc: loaded('JWT_SECRET_KEY', 'MONGO_URI') }). Of a URI it is the
// password that is named; a ring gives all its keys, the one that signs first.
function loaded(...names) {
  const one = (name) => (process.env[`${name}_FALLBACKS`] === undefined
    ? generation(process.env[name] || '') : jwtRing(name).kids().map((key) => key || null));
  return Object.fromEntries(names.map((name) => [name, one(name) || null]));
}
function generation(value) {
  const password = /^[a-z][a-z0-9+.-]*:\/\/[^/?#@:]*:([^/?#@]+)@/i.exec(value);
  return kid(password ? decodeURIComponent(password[1]) : value);
}

function jwtRing(name) {
  function ring() {
    const { [name]: signing, [`${name}_FALLBACKS`]: listed, [`${name}_MIN_IAT`]: floor } = process.env;
    if (!signing) throw new Error(`${name} is not set`);
    if (!/^[0-9]{0,12}$/.test(floor || '')) throw new Error(`${name}_MIN_IAT is not in epoch seconds`);
    const entries = (listed ? listed.split(',') : []).map((text, at) => ENTRY.exec(text) || malformed(at));
    const live = entries.filter(([, , notAfter]) => Number(notAfter) > Date.now() / 1000)
      .map(([, key]) => Buffer.from(key, 'base64url').toString());
    return { signing, keys: [signing, ...live], minIat: Number(floor || 0) };
  }
  function malformed(at) {
    throw new Error(`entry ${at + 1} of ${name}_FALLBACKS is not v1.<base64url>.<epoch seconds>`);
  }
  // The key that signed a token, by the name in its header or by trying; one that fits nothing else.
  function keyFor(token) {
    const { keys, minIat } = ring();
    try {
      const [head, body, signature] = String(token).split('.');
      const header = json(head);
      if (header.alg !== 'HS256' || (minIat && !(json(body).iat >= minIat))) return NOBODY;
      const named = keys.filter((key) => header.kid && kid(key) === header.kid);
      const signed = (key) => equal(hmac(key, `${head}.${body}`), signature);
      return (named.length ? named : keys).find(signed) || NOBODY;
    } catch {
      return NOBODY; // no token at all; whoever asked for the key says so
    }
  }
  // What express-jwt hands over lacks the text that was signed: it came in a header or in the URL.
  function textOf(req, signature) {
    const from = [...Object.values(req.headers), req.url].join(' ');
    const before = from.split(`.${signature}`)[0].split(/[^\w.-]/).pop();
    return `${before.slice(before.indexOf('eyJ'))}.${signature}`;
  }
  return {
    algorithms: ['HS256'],
    kids: () => ring().keys.map(kid), // for a health answer; the first one signs
    keyFor,
    callback: (token) => (header, done) => attempt(() => keyFor(token), done),
    secret: async (req, token) => keyFor(textOf(req, token ? token.signature : '')),
    secretOrKeyProvider: (req, token, done) => attempt(() => keyFor(token), done),
    verify: (token, options) => require('jsonwebtoken')
      .verify(token, keyFor(token), { ...options, algorithms: ['HS256'] }),
    sign(payload, options) {
      const { signing } = ring(), keyid = kid(signing);
      return require('jsonwebtoken')
        .sign(payload, signing, { ...options, ...(keyid && { keyid }), algorithm: 'HS256' });
    },
  };
}

function attempt(make, done) {
  let key;
  try { key = make(); } catch (error) { return done(error); }
  return done(null, key);
}

module.exports = { jwtRing, loaded };
