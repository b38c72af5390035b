const user = require('./user');

console.log('User authenticated:', user._id);
console.log('Done: ', user.name);
console.log('Routes:');
console.log('at 10:30', user.name);
console.log('Routes:\n', user.name);
console.log('path C:\\n', user.name);
