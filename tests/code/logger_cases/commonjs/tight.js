const a = require('./a')

;(() => {
  console.log('one', a)
})()
