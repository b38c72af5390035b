const session = require('express-session');
const cookies = require('cookie-session');
const flags = { httpOnly: true, secure: process.env.NODE_ENV === 'production', sameSite: 'strict' };
app.post('/login', (req, res) => {
  const later = { httpOnly: true, sameSite: true };
  if (process.env.NODE_ENV === 'production') later.secure = true;
  res.cookie('token', 'x', flags);
  res.cookie('token', 'x', { ...flags, path: '/' });
  res.cookie('token', 'x', later);
  res.cookie('XSRF-TOKEN', 'x', { secure: true, sameSite: 'lax' });
  res.clearCookie('token');
  jar.cookie('token');
});
app.use(session({ secret: process.env.S, cookie: { secure: true, sameSite: 'lax' } }));
app.use(cookies({ keys: [process.env.S], secure: true, sameSite: 'strict' }));
