const session = require('express-session');
const cookies = require('cookie-session');
const { serialize } = require('cookie');
app.post('/login', (req, res) => {
  res.cookie('token', 'x'); // FIND: medium
  res.cookie('theme', 'dark'); // FIND: low
  res.cookie('sid', 'x', { httpOnly: true, secure: true }); // FIND: low
  res.status(200).cookie('auth', 'x', { httpOnly: false, secure: true, sameSite: 'lax' }); // FIND: medium
  res.cookie('wide', 'x', { httpOnly: true, sameSite: 'none' }); // FIND: medium
  response.setHeader('Set-Cookie', serialize('jwt', 'x', { httpOnly: true })); // FIND: medium
});
app.use(session({ secret: process.env.S })); // FIND: medium
app.use(session({ secret: process.env.S, cookie: { secure: true } })); // FIND: low
app.use(cookies({ keys: [process.env.S], secure: true, httpOnly: false })); // FIND: medium
