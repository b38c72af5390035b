import { requestLogger } from './utils/logger.js';

requestLogger();
console.log('one');
