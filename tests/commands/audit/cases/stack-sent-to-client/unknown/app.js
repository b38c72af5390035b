const express = require('express');
const app = express();
app.use((err, req, res, next) => {
  res.json({ stack: config.debug ? err.stack : undefined }); // UNKNOWN: whether in production is not told
});
