if (typeof console !== 'undefined' && console.log) { run(); }
if (window.console && window.console.error) { run(); }
const has = !!console.debug; const same = console.log === patched; const kind = typeof console.warn;
console.log = () => {}; console['warn'] = noop; globalThis.console.error = noop; console.log ||= noop;
delete console.trace; console = fake; window.console = fake;
const original = console.log; console.log = (...all) => lines.push(all); console.log = original;
console.debug = console.log;
jest.spyOn(console, 'log').mockImplementation(); vi.spyOn(console, 'error'); sinon.stub(console, 'warn');
expect(console.log).toHaveBeenCalledWith('x'); expect(console.error.mock.calls).toEqual([]);
console.log.mockRestore(); console.error.calls.reset(); mocked(console.log).mockClear();
const own = new console.Console(stream); Object.keys(console); console.memory; console._stdout.isTTY;
passes(console); const client = new Client({ logger: console });
