const express = require('express');
const app = express();
app.use(express.json({ limit: process.env.LIMIT })); // UNKNOWN: the limit of a body is not told: process.env.LIMIT is decided at run time
