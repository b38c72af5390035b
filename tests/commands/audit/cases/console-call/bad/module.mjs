import node from 'node:console';
import { warn as complain } from 'console'; // FIND: &warn
import * as all from 'node:console';
node.log('the module is the global one'); // FIND: log
complain('x'); // FIND: warn
all.error('y'); // FIND: error
await Promise.resolve().then(console.info); // FIND: &info
export { complain as default };
