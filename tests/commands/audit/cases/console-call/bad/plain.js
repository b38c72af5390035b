#!/usr/bin/env node
'use strict';
console.log('a'); // FIND: log
console.info("b"); // FIND: info
console.warn(`c ${console.error('inner')}`); // FIND: warn; error
console.debug(); // FIND: debug
console.trace(new Error('x')); // FIND: trace
console.table([1]); console.dir({}); // FIND: table; dir
console.assert(false, 'no'); // FIND: assert
console.time('t'); console.timeEnd('t'); // FIND: time; timeEnd
console.group(); console.groupEnd(); // FIND: group; groupEnd
console.count(); // FIND: count
console.success('patched in elsewhere'); // FIND: success
console // FIND: log
  .log('a chain over lines');
const ok = cond ? console.log(1) : console.warn(2); // FIND: log; warn
if (DEBUG) console.log('no braces'); // FIND: log
for (const x of xs) console.log(x); // FIND: log
while (go()) console.log; // a bare name prints nothing
const f = () => console.log('body'); // FIND: log
async function g() { await console.log(1); } // FIND: log
class A { static { console.log('static block'); } m() { console.log(this); } } // FIND: log; log
class B { console = 1; m() { console.log(this.console); } } // FIND: log
label: { console.log('labelled'); } // FIND: log
x = (console.log('sequence'), 2); // FIND: log
void console.log('void'); // FIND: log
!console.log('not'); // FIND: log
export default console.log('whole'); // FIND: log
console.log`tagged ${1}`; // FIND: log
new Promise((resolve) => console.log(resolve)); // FIND: log
switch (1) { case 1: console.log('case'); } // FIND: log
try { risky(); } catch { console.error('caught'); } // FIND: error
try { risky(); } catch (e) { console.error(e); } finally { console.info('done'); } // FIND: error; info
const o = { m() { console.log(1); }, get p() { return console.log(2); } }; // FIND: log; log
const tpl = `${(() => { console.log('in a template'); return 1; })()}`; // FIND: log
const ä = 'ü😀'; console.log('after letters of several bytes'); // FIND: log
/* before */ console /* between */ . /* and */ log /* the call */ ('comments'); // FIND: log
console.log(/console\.log\(/.test('x')); // FIND: log
