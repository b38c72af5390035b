const { user, load } = require('./a');

console.log('User authenticated:', user._id);
console.log('plain');
console.log(user);
load().catch((err) => console.error(err));
load().catch((error) => console.error('gone', error));
const found = load().catch((error) => console.error('gone', error));
console.log('%s left', user.name, user.age);
module.exports = found;
