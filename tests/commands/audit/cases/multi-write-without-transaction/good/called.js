const mongoose = require('mongoose');
const Order = mongoose.model('Order', new mongoose.Schema({}));
const Stock = mongoose.model('Stock', new mongoose.Schema({}));
async function take(unit) {
  await Stock.updateOne({ _id: 1 }, {}, { session: unit });
}
exports.order = async (req, res) => {
  await Order.create([req.body], req.unit);
  await take(req.unit);
};
