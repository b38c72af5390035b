const express = require('express');
const app = express();
const router = express.Router();
router.get('/live', (req, res) => res.end());
app.use('/health', router);
app.get('/a', (req, res) => res.end());
