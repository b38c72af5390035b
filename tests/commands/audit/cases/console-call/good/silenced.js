console.log(1); // eslint-disable-line
console.log(2); // eslint-disable-line no-console
console.log(3); /* eslint-disable-line no-alert, no-console -- for people */
// eslint-disable-next-line no-console
console.log(4);
/* eslint-disable-next-line
   no-console -- over two lines */
console.log(5);
/* eslint-disable */ console.log(6); /* eslint-enable */
/* eslint-disable no-console */
console.log(7);
[1].forEach(console.log);
/* eslint-enable no-alert */
console.log(8);
/* eslint-enable no-console */
console.log(9); // skc: allow console-call people read it
// skc: allow console-call, console-secret it shows a made-up key
console.log(10);
console.log(
  11,
); // skc: allow console-call at the end of the call
const out = console.log; // skc: allow console-call the one way out
out(12); [1].map(out);
console.log(13); // skc: allow console-call until 2999-12-31 as long as it is new
/* skc: allow console-call a block comment */
console.log(14);
