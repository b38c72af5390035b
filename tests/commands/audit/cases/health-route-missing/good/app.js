const express = require('express');
const app = express();
app.get('/api/healthz', (req, res) => res.end());
