const a = require('./a');

function audit(logger) {
  console.log('inner', logger.name);
}
audit(a);
