const getRawBody = require('raw-body');
const formidable = require('formidable');
app.post('/a', (req, res) => {
  let body = '';
  req.on('data', (piece) => {
    body += piece;
    if (body.length > 1e6) req.destroy();
  });
});
app.post('/b', async (req, res) => {
  for await (const piece of req) hash.update(piece);
  db.save(await getRawBody(req, { limit: '1mb' }));
  formidable({}).parse(req);
});
child.stdout.on('data', (piece) => { text += piece; });
