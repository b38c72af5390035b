const express = require('express');
const app = express();
app.all('/{*splat}', (req, res) => res.end());
app.all('/files/*', (req, res) => res.end());
app.all('*', (req, res) => res.status(404).end());
