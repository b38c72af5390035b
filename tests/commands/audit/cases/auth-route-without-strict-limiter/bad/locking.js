const express = require('express');
const User = require('./models/user');
const app = express();
app.post('/login', async (req, res) => { // FIND: medium
  const user = await User.findOne({ name: req.body.name });
  if (user.lockUntil > Date.now()) return res.status(423).end();
  await tried(user);
  res.end();
});
app.post('/v2/login', async (req, res) => { // FIND: medium
  res.json(await enter(req.body));
});
app.post('/v3/login', async (req, res) => { // FIND: high
  // loginAttempts are counted by nobody here yet
  res.json(await db.check(req.body));
});
async function enter(sent) {
  const account = await User.findOne(sent);
  if (account.isLocked) throw new Error('locked');
  return account;
}
async function tried(user) {
  await user.save();
}
