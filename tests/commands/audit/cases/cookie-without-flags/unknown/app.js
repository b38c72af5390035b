app.post('/login', (req, res) => {
  res.cookie('token', 'x', config.cookie); // UNKNOWN: HttpOnly, Secure, SameSite of the cookie token is not told
});
