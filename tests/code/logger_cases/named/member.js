const log = require('./utils/logger').logger;

log.info('before');
console.log('one');
