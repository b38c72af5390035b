import { requestLogger } from './utils/logger.js';
import log from './utils/logger.js';

requestLogger();
console.log('one', log.level);
