import console from './console.js';
import { log } from './log.js';
console.log('our own'); console?.warn('x'); log('y');
const { error } = console;
error('z');
export { console };
