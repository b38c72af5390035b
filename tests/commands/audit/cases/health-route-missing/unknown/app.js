const express = require('express');
const app = express(); // UNKNOWN: no health route is seen, and the path <process.env.ROUTE> is not told
app.get(process.env.ROUTE, (req, res) => res.end());
