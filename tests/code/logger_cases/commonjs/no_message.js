const { user, order } = require('./a');

console.log(user);
console.log(user, order.id);
console.log(order.total);
console.log({ user, total: order.total });
console.log(1);
console.log(':', user);
console.log(); // LEFT
console.log(''); // LEFT
console.log('\n'); // LEFT
