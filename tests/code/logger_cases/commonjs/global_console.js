const a = require('./a');

globalThis.console.log('by the global', a);
console?.log('optional', a);
console.log?.('optional', a);
