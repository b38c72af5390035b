const mongoose = require('mongoose');
const Account = mongoose.model('Account', new mongoose.Schema({}));
exports.same = async (req, res) => {
  const one = await Account.findById(1);
  await one.save();
  one.seen = true;
  await one.save();
  await Account.updateOne({ _id: 1 }, { $inc: { visits: 1 } });
  await Account.updateOne({ _id: 1 }, { $inc: { points: 1 } });
};
exports.one = async (req, res) => {
  await db.collection('orders').insertOne(req.body);
};
exports.transfer = async (req, res) => {
  await mongoose.connection.transaction(async (session) => {
    await Account.updateOne({ _id: 1 }, { $inc: { balance: -5 } }, { session });
    await Account.updateOne({ _id: 2 }, { $inc: { balance: 5 } }, { session });
  });
};
