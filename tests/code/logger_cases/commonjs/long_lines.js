const { user, order, address } = require('./a');

function save() {
    if (user) {
        console.log('The order was saved for a user of the application:', user._id, order.total, address.city);
    }
}
save();
