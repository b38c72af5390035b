const { order, user, account } = require('./a');

console.log('order', order.id, order.total, user.id);
console.log('both', order.total, account.total);
console.log('same', order.total, order.total);
console.log('deep', order.customer.address.city, order.items[0], order['shipped-at']);
console.log('calls', order.getTotal(), JSON.stringify(order), new Date(), Date.now());
console.log('others', 1, !order, order ? 1 : 2, typeof user, [1, 2]);
console.log('reserved', order.level, user.message);
console.log('optional', order?.id, user?.address?.street);
console.log('asked', order.get('total'), account.header('X-Trace'), order.items.map((item) => item.id));
console.log('sides', order && order.total, user.name || 'nobody');
