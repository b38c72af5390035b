app.get('/a', (req, res) => {
  res.setHeader('Set-Cookie', made(t)); // UNKNOWN: HttpOnly, Secure, SameSite of the cookie of a header is not told
  res.setHeader('Set-Cookie', `token=${t}; ${flags}`); // UNKNOWN: HttpOnly, Secure, SameSite of the cookie token is not told
});
