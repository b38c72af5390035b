import fs = require('fs');

console.log('read', { size: fs.size });
