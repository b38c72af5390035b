const a = require('./a');
console.log('no end', a)