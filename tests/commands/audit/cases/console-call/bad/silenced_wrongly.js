// eslint-disable-next-line no-alert
console.log('another rule'); // FIND: log
// eslint-disable no-console
console.log('a line comment does not open a range'); // FIND: log
/* eslint-disable no-console */
console.log('off');
/* eslint-enable no-console */
console.log('on again'); // FIND: log
console.log('no reason'); /* FIND: log */ // skc: allow console-call
// skc: allow console-call for the line below alone
console.log('allowed');
console.log('not that line'); // FIND: log
console.log('another check'); // skc: allow console-secret it prints none; FIND: log
console.log('ended'); // skc: allow console-call until 2020-01-01 for a while; FIND: log
console.log('no such id'); // skc: allow consolecall a slip of the hand; FIND: log
const text = '// skc: allow console-call in a string'; console.log(text); // FIND: log
const eslint = "eslint-disable-line"; console.log(eslint); // FIND: log
/* eslint no-console: error */
console.log('an order to look'); // FIND: log
/* eslint-disable-line no-console
 */ console.log('over two lines it counts for none'); // FIND: log
