// Says that it is alone.
console.log('alone');
