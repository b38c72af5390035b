function a(console) { console.log('a parameter'); console['warn'](1); return console.error; }
const b = (console) => console.log('of an arrow');
const c = console => { console.log('without parentheses'); };
const d = ({ console }) => console.log('taken apart');
const e = ({ logger: console }) => console.log('renamed');
const f = ([console]) => console.log('of an array');
const g = (...console) => console.log('the rest');
const h = (console = other) => console.log('a default');
class K { constructor(console) { console.log(1); } set x(console) { console.log(2); } }
const o = { m(console) { console.log(3); } };
{ let console = 1; console.log('a block'); { console.log('within it'); } }
{ class console {} console.log('a class'); }
{ function console() {} console.log('a function'); }
for (const console of list) { console.log('a loop'); }
for (let console = 0; ;) { console.log('a counter'); break; }
for (var i in list) { const console = i; console.log('in a loop'); }
try { x(); } catch (console) { console.log('caught'); }
try { x(); } catch ({ console }) { console.log('taken apart'); }
(function console() { console.log('its own name'); })();
function hoisted() { console.log('declared below'); if (x) { var console = y; } }
this.console.log('a field'); logger.console.log('a property'); a.b.console.warn(1);
const { console: mine } = require('./mine'); mine.log('of a module');
my.window.console.log('a window of its own'); function w(window) { window.console.log('given'); }
