app.get('/a', (req, res) => {
  res.cookie('token', t, { httpOnly: true, sameSite: 'strict', secure: process.env.NODE_ENV === 'production' ? true : false });
  res.cookie('token', t, { httpOnly: true, sameSite: 'strict', secure: !(process.env.NODE_ENV === 'development') });
});
