const a = require('./a.js');

console.log('one', a);
