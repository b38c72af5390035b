const a = require('./a');

console.log('one', a);
console.log(
  'two',
  a.id,
);
