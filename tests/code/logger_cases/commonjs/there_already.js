const log = require('./utils/logger');

log.info('before');
console.log('one', log.level);
