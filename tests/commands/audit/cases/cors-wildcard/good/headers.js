module.exports = (req, res, next) => {
  res.setHeader('Access-Control-Allow-Origin', 'https://app.example.com');
  if (process.env.NODE_ENV !== 'production') res.header('Access-Control-Allow-Origin', '*');
};
