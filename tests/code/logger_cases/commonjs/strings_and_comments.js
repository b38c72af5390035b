const a = require('./a');

// console.log('a comment');
const text = "console.log('a string')";
const pattern = /console\.log\('a'\)/;
console.log('real', text, pattern);
