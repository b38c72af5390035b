app.get('/a', (req, res) => {
  res.setHeader('Set-Cookie', made(t));
  res.setHeader('Set-Cookie', `token=${t}; ${flags}`);
});
