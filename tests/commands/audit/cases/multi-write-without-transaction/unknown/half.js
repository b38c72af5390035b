const mongoose = require('mongoose');
const Order = mongoose.model('Order', new mongoose.Schema({}));
Order.create({});
const x = (1 + ; // UNKNOWN: does not fit the grammar
