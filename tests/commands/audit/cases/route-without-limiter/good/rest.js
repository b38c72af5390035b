const express = require('express');
const app = express();
app.all('*', (req, res) => res.status(404).end());
