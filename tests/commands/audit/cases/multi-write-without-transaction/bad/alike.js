const mongoose = require('mongoose');
const { PrismaClient } = require('@prisma/client');
const Account = mongoose.model('Account', new mongoose.Schema({}));
const Order = mongoose.model('Order', new mongoose.Schema({}));
const store = new PrismaClient();
exports.transfer = async (req, res) => { // FIND: medium
  await Account.updateOne({ _id: 1 }, { $inc: { balance: -5 } });
  await Account.updateOne({ _id: 2 }, { $inc: { balance: 5 } });
};
exports.saved = async (req, res) => { // FIND: medium
  const from = await Account.findById(1);
  const to = await Account.findById(2);
  await from.save();
  await to.save();
};
exports.remarked = async (req, res) => { // FIND: medium
  // TODO: withTransaction() and startSession
  logger.info('no startTransaction yet');
  await Order.create({});
  await Account.updateOne({}, {});
};
exports.driver = async (req, res) => { // FIND: medium
  const orders = db.collection('orders');
  await orders.insertOne(req.body);
  await client.db().collection('stock').updateOne({}, { $set: {} });
};
exports.each = async (req, res) => { // FIND: low
  for (const one of req.body) await Order.create(one);
};
exports.all = async (req, res) => { // FIND: low
  await Promise.all(req.body.map((one) => Order.create(one)));
};
exports.prisma = async (req, res) => { // FIND: medium
  await store.order.create({});
  await store.user.update({});
};
