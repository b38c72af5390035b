const a = require('./a');
start();
const b = require('./b');

function start() {
  console.log('started', a, b);
}
