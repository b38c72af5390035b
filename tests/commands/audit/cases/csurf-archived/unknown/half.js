const csurf = require('csurf');
const x = (1 + ; // UNKNOWN: does not fit the grammar
