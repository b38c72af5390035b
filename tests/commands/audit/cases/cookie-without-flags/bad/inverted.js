app.get('/a', (req, res) => {
  res.cookie('token', t, { httpOnly: true, sameSite: 'strict', secure: process.env.NODE_ENV === 'production' ? false : true }); // FIND: medium
  res.cookie('token', t, { httpOnly: true, sameSite: 'strict', secure: !(process.env.NODE_ENV === 'production') }); // FIND: medium
  res.cookie('token', t, { httpOnly: true, sameSite: 'strict', secure: process.env.NODE_ENV === 'staging' }); // FIND: medium
  res.cookie('token', t, { httpOnly: !!process.env.NODE_ENV === 'production', sameSite: 'strict', secure: true }); // FIND: medium
});
