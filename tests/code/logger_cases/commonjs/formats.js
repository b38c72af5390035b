const { user, list } = require('./a');

console.log('a', '%s', user); // LEFT
console.log('a' + ' %s', user); // LEFT
console.log('%s in %s', 'one', 'two', user);
console.log('%s is "%s"', `${user.name}`, "it's");
console.log('%c styled', 'color: red'); // LEFT
console.log('100%', list);
