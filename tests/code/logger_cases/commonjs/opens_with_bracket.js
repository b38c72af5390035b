(() => {
  console.log('one')
  const a = 1
  return a
})()
