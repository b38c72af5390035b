const logger = require('./utils/logger');

page.evaluate(() => { console.log('in a browser'); }); // LEFT
page.$$eval('a', (all) => all.forEach((a) => console.log(a))); // LEFT
const text = (() => console.log('as a text')).toString(); // LEFT
console.log('password:', given); // LEFT
page.on('console', () => console.log('here'));
