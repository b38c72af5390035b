exports.described = (err) => ({ what: err.message, where: err.stack }); // FIND: medium
