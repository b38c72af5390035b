const { user, rest } = require('./a');

console.log('saved', { id: user.id, name: user.name });
console.log('saved', user.id, { name: user.name, ...rest });
console.log('saved', { id: 1 }, { name: 2 });
console.log('saved', { id: 1 }, { id: 2 }); // LEFT
console.log('saved', { total: 1 }, user.total);
console.log('saved', {});
