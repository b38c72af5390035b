app.post('/login', (req, res) => {
  res.cookie('token', 'x', { httpOnly: true, secure: req.secure, sameSite: 'lax' });
});
