import * as fs from 'fs';

console.log('read', { size: fs.size }); // LEFT
