import { log } from './barrel/index.js';

log.info('before');
console.log('one');
