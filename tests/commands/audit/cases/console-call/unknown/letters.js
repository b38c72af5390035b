console.log("café"); // FIND: log
const a = "ÿþ";
