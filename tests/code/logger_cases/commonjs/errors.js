const { load } = require('./a');

async function run() {
  try {
    await load();
  } catch (failure) {
    console.error('Could not load:', failure);
    console.error('Could not load:', failure.message);
    console.error(failure);
    console.log('stack', failure.stack);
  }
}
load().catch((e) => {
  console.error('gone', e);
});
load().on('error', (error) => console.error('Redis error:', error));
run().catch((err) => console.error(err));
console.warn(new TypeError('no user'));
load((err, first) => console.error('two', err, first.error, load.lastError));
load((err, error) => console.error('both', err, error));
