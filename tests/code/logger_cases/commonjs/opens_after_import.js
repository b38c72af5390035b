const a = require('./a');
// at once
[1, 2].forEach((each) => {
  const b = each
  console.log('one', a, b)
})
