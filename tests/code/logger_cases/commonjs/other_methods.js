const a = require('./a');

console.log('kept apart');
console.table(a); // LEFT
console.dir(a, { depth: 2 }); // LEFT
console.group('g'); // LEFT
console.groupEnd(); // LEFT
console.time('t'); // LEFT
console.assert(a, 'b'); // LEFT
console.count(); // LEFT
