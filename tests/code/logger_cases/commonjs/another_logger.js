const logger = require('morgan');

logger('dev');
console.log('one');
