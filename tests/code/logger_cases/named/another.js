const { logger } = require('./other');

logger.info('before');
console.log('one');
