const getRawBody = require('raw-body');
app.post('/a', async (req, res) => {
  db.save(await getRawBody(req, options)); // UNKNOWN: the options of getRawBody(req, options) are not told: options is declared nowhere in the file
});
