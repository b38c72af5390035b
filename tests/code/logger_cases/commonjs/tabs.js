const a = require('./a');

if (a) {
	console.log('The order was saved for a user of the application and its owner:', a.id, a.total, a.city);
}
