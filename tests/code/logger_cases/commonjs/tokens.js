const { user, count } = require('./a');

console.log('User %s has %d bookmarks', user.name, count);
console.log('%s is `quoted` and ${kept}', user.name);
console.log('%d%% of %s', count, 'all', user.id);
console.log('100% done', count);
console.log('%s');
console.log('%s and %s', user.name);
console.log('as %j', user); // LEFT
console.log('%o', user); // LEFT
