console.log(password); // FIND: password
const = ;
