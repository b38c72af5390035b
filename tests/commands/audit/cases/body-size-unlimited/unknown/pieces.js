const getRawBody = require('raw-body');
app.post('/a', async (req, res) => {
  db.save(await getRawBody(req, options));
});
