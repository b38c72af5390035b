import { expressjwt } from 'express-jwt';
import { SignJWT, jwtVerify } from 'jose';
import simple from 'jwt-simple';
const key = new TextEncoder().encode('not-a-real-secret');
app.use(expressjwt({ secret: 'not-a-real-secret', algorithms: ['HS256'] })); // FIND: high
await new SignJWT({}).setProtectedHeader({ alg: 'HS256' }).setExpirationTime('1h').sign(key); // FIND: high
await jwtVerify(token, key); // FIND: high
simple.encode({ exp: 1 }, 'not-a-real-secret'); // FIND: high
