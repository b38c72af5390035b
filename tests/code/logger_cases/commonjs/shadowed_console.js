const a = require('./a');

function draw(console) {
  console.log('not the console');
}
console.log('the console', draw);
