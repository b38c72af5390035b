const a = require("./a");

console.log("one", a);
console.log(a);
console.log('two', a.token);
