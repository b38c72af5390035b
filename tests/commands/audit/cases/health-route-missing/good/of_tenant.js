const express = require('express');
const app = express();
app.get('/:tenant/health', (req, res) => res.end());
