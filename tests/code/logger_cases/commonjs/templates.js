const { port, host } = require('./a');

console.log(`Listening on ${host}:${port}`);
console.log(`Listening on ${host}:`, port);
console.log('Listening on ' + host + ':' + port);
console.log("It's", host, 'now');
console.log('It\'s', "his \"name\"");
console.log(`a`, 'b`c', "d");
