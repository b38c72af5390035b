const mongoose = require('mongoose');
const Order = mongoose.model('Order', new mongoose.Schema({}));
const Stock = mongoose.model('Stock', new mongoose.Schema({}));
const AuditLog = mongoose.model('AuditLog', new mongoose.Schema({}));
exports.order = async (req, res) => { // FIND: medium
  await Order.create(req.body);
  await Stock.updateOne({ _id: 1 }, { $inc: { left: -1 } });
  res.end();
};
exports.saved = async (req, res) => { // FIND: medium
  const order = new Order(req.body);
  await order.save();
  const stock = await Stock.findById(1);
  stock.left -= 1;
  await stock.save();
};
exports.noted = async (req, res) => { // FIND: low
  await Order.deleteOne({ _id: 1 });
  await AuditLog.create({ what: 'deleted' });
};
async function take() {
  await Stock.updateOne({ _id: 1 }, {});
}
exports.followed = async (req, res) => { // FIND: medium
  await Order.create(req.body);
  await take();
};
async function register(data) { // FIND: medium
  await prisma.user.create({ data });
  await prisma.profile.create({ data });
}
