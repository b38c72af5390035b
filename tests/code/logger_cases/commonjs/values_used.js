const { load, list, ready } = require('./a');

module.exports = (req, res, next) => {
  if (!ready) return console.log('not ready');
  ready && console.log('ready');
  ready ? console.log('yes') : console.log('no');
  const printed = console.log('kept');
  list.forEach((each) => console.log('each', each));
  list.map((each) => console.log('each', each));
  load().then(() => console.log('loaded')).catch((err) => console.log(err));
  const found = load().catch((err) => console.log(err));
  load().catch(() => console.log('gone')).then((value) => next(value));
  void console.log('nothing');
  return [found, printed];
};
