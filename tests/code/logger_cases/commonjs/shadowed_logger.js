const logger = require('./utils/logger');

module.exports = (list) => list.forEach((logger) => console.log('one', logger)); // LEFT
console.log('two');
