function whole() { console.log('before'); } // FIND: log
const = 3; // UNKNOWN: does not fit the grammar
console.warn('after the fault'); // FIND: warn
function open() {
  console.error('within what never ends'); // FIND: error
