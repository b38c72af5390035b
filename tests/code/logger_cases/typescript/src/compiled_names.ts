import { Order } from './order.js';

console.log('Saved:', Order as unknown);
