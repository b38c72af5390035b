const express = require('express');
const app = express();
app.get(process.env.ROUTE, (req, res) => res.end());
