import { SignJWT } from 'jose';
await new SignJWT({}).setProtectedHeader({ alg: 'HS256' }).sign(key); // FIND: medium
