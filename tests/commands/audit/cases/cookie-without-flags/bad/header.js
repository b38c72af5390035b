const Cookies = require('cookies');
app.get('/a', (req, res) => {
  res.setHeader('Set-Cookie', 'token=' + t); // FIND: medium
  res.append('set-cookie', `session=${t}; Path=/; HttpOnly; SameSite=Lax`); // FIND: medium
  res.writeHead(200, { 'Set-Cookie': 'theme=dark; secure; httponly' }); // FIND: low
  res.set('Set-Cookie', ['sid=' + t + '; HttpOnly; Secure', 'seen=1; HttpOnly; Secure; SameSite=Lax']); // FIND: low
});
app.get('/b', (_, out) => {
  out.cookie('token', t); // FIND: medium
});
app.get('/c', (req, res) => {
  const answer = res;
  answer.cookie('token', t); // FIND: medium
  res['cookie']('auth', t); // FIND: medium
});
app.get('/d', (req, res) => {
  const jar = new Cookies(req, res);
  jar.set('token', t, { httpOnly: false, sameSite: 'lax' }); // FIND: medium
});
