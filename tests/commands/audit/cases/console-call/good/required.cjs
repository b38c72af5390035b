const console = require('./console');
console.log('our own');
const { log } = require('debug');
log('x');
