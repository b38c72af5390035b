console.log('before');
import { a } from './a.js';

a();
