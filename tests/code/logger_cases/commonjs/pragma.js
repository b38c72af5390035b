/* eslint-disable no-var */
var a = 1;
console.log('one', a);
