const express = require('express');
const app = express();
app.post('/a', async (req, res) => res.json(await service.create(req))); // UNKNOWN: what service.create takes of the request is not told
