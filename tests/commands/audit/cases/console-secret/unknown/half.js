console.log(password); // FIND: password
const = ; // UNKNOWN: does not fit the grammar
