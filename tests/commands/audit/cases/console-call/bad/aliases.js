const w = console.warn; // FIND: &warn
w('called by another name'); // FIND: warn
const bound = console.log.bind(console); // FIND: &log
bound('x'); [1].map(bound); // FIND: log; &log
const { log } = console; // FIND: &log
log('taken apart'); // FIND: log
const { error: fail, info = noop, debug: d = noop } = console; // FIND: &error; &info; &debug
fail(1); info(2); d(3); // FIND: error; info; debug
const c = console;
c.trace('the whole by another name'); // FIND: trace
const again = c;
again['table']([]); // FIND: table
const { table, ...others } = console; // FIND: &table
others.dir({}); // FIND: dir
let late;
late = console.info; // FIND: &info
late('given later, and once'); // FIND: info
const { console: k } = window;
k.log('out of the window'); // FIND: log
const first = console.log; // FIND: &log
const second = first; // FIND: &log
second('by two names'); // FIND: log
function inside() {
  const warn = console.warn; // FIND: &warn
  return warn('returned'); // FIND: warn
}
const unused = console.count; // FIND: &count
const { [key]: some } = console; // FIND: &computed
some('of which the name is not known'); // FIND: computed
let maybe = console.log; // FIND: &log
maybe = noop;
maybe('of which nobody knows');
let either = console; either = other;
either.log('of which nobody knows');
