const chalk = require('chalk');

console.log(chalk.green('Server is up'));
console.log(`Mongo is up`.cyan.bold);
console.log(chalk.green('Port'), 80);
console.log(chalk.green('Port: ') + port);
