const express = require('express');
const app = express();
app.post('/a', async (req, res) => res.json(await service.create(req)));
