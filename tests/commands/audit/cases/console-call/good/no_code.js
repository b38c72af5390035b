// console.log('a comment')
/* console.log('a block comment') */
/** @example console.log('documentation') */
const s = 'console.log(1)'; const t = "console.log(2)"; const u = `console.log(3) \${console.log(4)}`;
const r = /console.log\(5\)/g; const k = { console: 1, 'console.log': 2 };
k.console = 3; k['console.log'](); console: for (;;) { break console; }
const consoles = []; consoles.log(1); myconsole.log(2); $console.log(3); console_.log(4); Console.log(5);
