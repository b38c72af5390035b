import { Order } from './order';
import type { User } from './user';

export class Service {
  constructor(private readonly orders: Map<string, Order>) {}

  save(user: User, order: Order): void {
    console.log('Saved:', order.id, user!.name, (order as Order).total, this.orders.size);
  }
}
