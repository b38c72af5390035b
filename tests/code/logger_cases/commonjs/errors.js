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
