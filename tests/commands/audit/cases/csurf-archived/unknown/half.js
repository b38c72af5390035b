const csurf = require('csurf');
const x = (1 + ;
