const { list } = require('./a');

console.log(...list); // LEFT
console.log('all', ...list); // LEFT
console.log('all', list /* of them */); // LEFT
console.log('all', list);
