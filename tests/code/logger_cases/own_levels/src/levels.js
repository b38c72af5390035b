const logger = require('./logger');

console.log('saved', { id });
console.warn('careful'); // LEFT
console.error('failed', err);
