console.log("after a byte order mark"); // FIND: log
console.warn("CRLF"); // FIND: warn
