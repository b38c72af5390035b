app.post('/login', (req, res) => {
  res.cookie('token', 'x', config.cookie);
});
