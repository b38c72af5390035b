function whole() { console.log('before'); } // FIND: log
const = 3;
console.warn('after the fault'); // FIND: warn
function open() {
  console.error('within what never ends'); // FIND: error
