const Cookies = require('cookies');
const { serialize } = require('cookie');
const kept = `token=${t}; HttpOnly; Secure; SameSite=Strict`;
app.get('/a', (req, res) => {
  res.setHeader('Set-Cookie', `token=${t}; HttpOnly; Secure; SameSite=None; Max-Age=3600`);
  res.setHeader('Set-Cookie', kept);
  res.setHeader('Set-Cookie', 'token=; Max-Age=0');
  res.setHeader('Set-Cookie', serialize('token', '', { maxAge: 0, path: '/' }));
  res.cookie('token', 'none', { httpOnly: true, expires: new Date(Date.now() + 1000) });
  res.cookie('jwt', '', { maxAge: 0 });
  res.cookie('sid', '', { expires: new Date(0) });
  new Cookies(req, res).set('token', t, { sameSite: 'strict' });
  new Cookies(req, res).set('token');
});
[1].reduce((total, page) => page.cookie('name', total), 0);
