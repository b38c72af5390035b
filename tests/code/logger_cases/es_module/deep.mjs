import { a } from './a.mjs';

console.log('one', a);
