const express = require('express');
const cors = require('cors');
const app = express();
app.use(cors()); // FIND: medium
app.get('/a', cors({ origin: '*' }), (req, res) => res.end()); // FIND: medium
app.use(cors({ origin: process.env.ORIGIN || '*' })); // FIND: medium
