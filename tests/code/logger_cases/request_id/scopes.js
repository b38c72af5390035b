const { load } = require('./a');

console.log('no request', load);
module.exports = (req, res) => {
  console.log('plain');
  console.error('with fields', res.statusCode);
  load().then((found) => console.log('deeper', found));
  load().catch((err) => console.error(err));
  console.log('there', { requestId: req.id });
};
exports.other = function ({ req }) {
  console.log('taken apart');
};
exports.third = (request) => {
  console.log('another name', request.path);
};
exports.fourth = (req) => {
  for (const req of load()) console.log('no request', req.path);
};
exports.fifth = req => console.log('bare');
exports.sixth = (req, requestId) => {
  console.log('by name', requestId);
};
