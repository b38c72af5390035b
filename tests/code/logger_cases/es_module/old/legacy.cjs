const a = require('./a.cjs');

console.log('one', a); // LEFT
