console?.log('optional'); // FIND: log
console?.log?.('twice'); // FIND: log
console.log?.('once'); // FIND: log
console['log']('string'); // FIND: log
console["warn"]('string'); // FIND: warn
console[`error`]('template'); // FIND: error
console[level]('computed'); // FIND: computed
console[`l${o}g`]('computed'); // FIND: computed
console[isBad ? 'warn' : 'log']('computed'); // FIND: computed
const KIND = 'debug'; console[KIND]('a constant'); // FIND: debug
['info', 'warn'].forEach((each) => console[each]('one of several')); // FIND: computed
(console).log('parentheses'); // FIND: log
(console.log)('parentheses'); // FIND: log
(0, console.log)('sequence'); // FIND: log
(debug ? console.log : noop)('choice'); // FIND: log
(console.log || noop)('else'); // FIND: log
console.log.call(console, 'call'); // FIND: log
console.log.apply(console, ['apply']); // FIND: log
console.log.bind(console)('bound'); // FIND: log
console.log.bind(console, 'a').call(null, 'bound, then called'); // FIND: log
globalThis.console.log(1); // FIND: log
window.console.warn(2); // FIND: warn
global.console.error(3); // FIND: error
self.console.info(4); // FIND: info
window['console'].log(5); // FIND: log
window?.console?.log(6); // FIND: log
globalThis['console']['log'](7); // FIND: log
window.top.console.log(8); // FIND: log
require('console').log(9); // FIND: log
require('node:console').warn(10); // FIND: warn
