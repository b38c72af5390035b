function one(console) { console.log('a parameter'); }
console.log('outside of it'); // FIND: log
{ const console = other; console.log('a block'); }
console.log('after the block'); // FIND: log
try { x(); } catch (console) { console.log('a catch clause'); }
console.log('after the catch'); // FIND: log
for (const console of all) console.log('a loop');
console.log('after the loop'); // FIND: log
const named = function console() { console.log('its own name'); };
console.log('after the function'); // FIND: log
function two() { console.log('not this one'); function three() { var console = 1; } } // FIND: log
const four = ({ console: other }) => console.log(other); // FIND: log
const five = { console: 1 }; console.log(five.console); // FIND: log
const six = (a = console.log('a default')) => a; // FIND: log
