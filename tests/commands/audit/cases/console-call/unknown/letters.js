console.log("café"); // FIND: log // UNKNOWN: is no UTF-8
const a = "ÿþ";
