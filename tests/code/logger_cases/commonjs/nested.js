const { each } = require('./a');

console.log('outer', each(() => {
  console.log('inner', each.id);
}));
