const mongoose = require('mongoose');
const Order = mongoose.model('Order', new mongoose.Schema({}));
const Stock = mongoose.model('Stock', new mongoose.Schema({}));
exports.order = async (req, res) => {
  await mongoose.connection.transaction(async (session) => {
    await Order.create([req.body], { session });
    await Stock.updateOne({ _id: 1 }, {}, { session });
  });
};
exports.either = async (req, res) => {
  if (req.body.a) await Order.create(req.body);
  else await Stock.create(req.body);
};
exports.first = async (req, res) => {
  if (req.body.a) {
    await Order.create(req.body);
    return res.end();
  }
  await Stock.create(req.body);
};
exports.read = async (req, res) => {
  await Order.create(req.body);
  await Stock.find();
};
exports.twice = async (req, res) => {
  await Order.create(req.body);
  await Order.updateOne({}, {});
};
const register = (data) => prisma.$transaction([
  prisma.user.create({ data }),
  prisma.profile.create({ data }),
]);
