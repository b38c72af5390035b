const cors = require('cors');
app.use(cors({ origin: process.env.ORIGIN ? process.env.ORIGIN : '*' })); // FIND: medium
function one(req, res, next) {
  res.setHeader('Access-Control-Allow-Origin', process.env.ORIGIN ? process.env.ORIGIN : '*'); // FIND: medium
  next();
}
function two(rq, rs, next) {
  rs.setHeader('Access-Control-Allow-Origin', '*'); // FIND: medium
  next();
}
function three(req, res, next) {
  for (const [name, value] of Object.entries({ 'Access-Control-Allow-Origin': '*', Vary: 'Origin' })) {
    res.setHeader(name, value); // FIND: medium
  }
  next();
}
function four(req, res, next) {
  const open = { 'access-control-allow-origin': '*' };
  Object.entries(open).forEach(([name, value]) => res.set(name, value)); // FIND: medium
  next();
}
