const { user, token, makeToken } = require('./a');

module.exports = (req, res) => {
  console.log('Signed in', user.name, req.body.password);
  console.log('token:', token);
  console.log(`token ${token} of ${user.name}`);
  console.log('token ' + token + ' of ' + user.name);
  console.log('body', req.body);
  console.log('asked', { path: req.path, cookie: req.headers.cookie });
  console.log('mail for %s', user.email);
  console.log('made', makeToken(user)); // LEFT
  console.log('token', await_(token).value);
  console.log('new', createToken(user)); // LEFT
};
