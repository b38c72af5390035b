console.log('too early'); // LEFT
setImmediate(() => console.log('late enough'));
const logger = require('./utils/logger');

logger.info('there');
console.log('in time');
