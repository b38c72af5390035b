const a = require('./a');

a.load().catch(console.error); // LEFT
const warn = console.warn; // LEFT
warn('by another name'); // LEFT
const { log } = console; // LEFT
log('taken out'); // LEFT
console['log']('by a string'); // LEFT
console[a.level]('by a name'); // LEFT
console.log.call(console, 'called'); // LEFT
console.log('plain');
