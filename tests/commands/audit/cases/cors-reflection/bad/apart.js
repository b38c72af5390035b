const reflect = (req, res) => {
  res.header('Access-Control-Allow-Origin', req.headers.origin); // FIND: medium
};
const credentials = (req, res) => {
  res.header('Access-Control-Allow-Credentials', 'true');
};
