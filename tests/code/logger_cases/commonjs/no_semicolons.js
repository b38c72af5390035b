const a = require('./a')

console.log('one', a)
;[1, 2].forEach((n) => console.log('n', n))
