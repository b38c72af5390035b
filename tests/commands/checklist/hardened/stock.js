const mongoose = require('mongoose');

module.exports = mongoose.model('Stock', new mongoose.Schema({ item: String, left: Number }));
