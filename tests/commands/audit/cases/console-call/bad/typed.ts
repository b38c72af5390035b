import type { Console } from 'node:console';
interface Logs { log(console: Console): void; make: (console: Console) => void }
declare const console: { log(...all: unknown[]): void };
console.log('declared, and the global one'); // FIND: log
(console as Console).log('cast'); // FIND: log
console!.log('not null'); // FIND: log
(<any>console).warn('cast of old'); // FIND: warn
(console.log as (...all: unknown[]) => void)('cast'); // FIND: log
(globalThis as any).console.error('cast'); // FIND: error
const w = console.log as Writer; // FIND: &log
w('cast'); // FIND: log
abstract class A { constructor(private readonly log = console.log) { super(); } } // FIND: &log
enum Level { Log = 'log' }
console[Level.Log]('an enum'); // FIND: computed
namespace N { export function f() { console.info('in a namespace'); } } // FIND: info
function overload(console: string): void;
function overload(other: unknown): void { console.log(other); } // FIND: log
function taking(callback: (console: Console) => void) { console.log(callback); } // FIND: log
type Logging = typeof console.log;
const satisfied = { log: console.log } satisfies Logs; // FIND: &log
export const write = console.log; // FIND: &log
@console.log class Decorated {} // FIND: &log
