fetch('/').then(console.log).catch(console.error); // FIND: &log; &error
process.on('warning', console.warn); // FIND: &warn
setTimeout(console.log, 10, 'later'); // FIND: &log
const options = { logging: console.log, warn: console['warn'] }; // FIND: &log; &warn
module.exports = { log: console.log }; // FIND: &log
exports.log = console.log; // FIND: &log
this.write = console.info; // FIND: &info
const list = [console.log, console.warn]; // FIND: &log; &warn
const maker = () => console.log; // FIND: &log
function giver() { return console.error; } // FIND: &error
function param(log = console.log) { log('perhaps'); } // FIND: &log
const { logger = console.log } = options; // FIND: &log
const either = options.log || console.log; // FIND: &log
const orElse = options.log ?? console.warn; // FIND: &warn
const chosen = verbose ? console.log : () => {}; // FIND: &log
const guarded = verbose && console.debug; // FIND: &debug
options.log ||= console.log; // FIND: &log
new Worker(console.log); // FIND: &log
run(console.error.bind(console, 'prefix')); // FIND: &error
class Field { write = console.log; } // FIND: &log
function* each() { yield console.log; } // FIND: &log
