const a = require('./a');

console.log('one');
console.info('two');
console.warn('three');
console.error('four');
console.debug('five');
console.trace('six');
