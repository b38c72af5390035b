const { user, bookingId } = require('./a');

module.exports = async (req, res) => {
  try {
    console.log('User authenticated:', user._id);
    console.log("User authenticated:", user._id);
  } catch (error) {
    console.error('Error updating booking:', error);
  }
};
