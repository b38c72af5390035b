console.log = console.log
const a = require('./a')
;(() => {
  console.log('one', a)
})()
