const a = require('./a');

const icon = '😀'; console.log('😀 done:', a); // ünï
