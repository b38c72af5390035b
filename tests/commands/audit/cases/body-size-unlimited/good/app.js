const express = require('express');
const multer = require('multer');
const app = express();
app.use(express.json());
app.use(express.json({ limit: '100kb' }));
app.use(express.text({ limit: process.env.LIMIT || '1mb' }));
const upload = multer({ dest: 'uploads/', limits: { fileSize: 5 * 1024 * 1024 } });
app.post('/a', upload.single('photo'), (req, res) => res.end());
