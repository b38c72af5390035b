app.post('/login', (req, res) => {
  res.cookie('token', 'x', { httpOnly: true, secure: req.secure, sameSite: 'lax' }); // UNKNOWN: Secure of the cookie token is not told
});
