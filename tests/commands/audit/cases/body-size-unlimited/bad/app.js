const express = require('express');
const bodyParser = require('body-parser');
const multer = require('multer');
const fileUpload = require('express-fileupload');
const app = express();
app.use(express.json({ limit: Infinity })); // FIND: medium
app.use(express.urlencoded({ extended: true, limit: '50mb' })); // FIND: low
app.use(bodyParser.raw({ limit: '2gb' })); // FIND: medium
const upload = multer({ dest: 'uploads/' }); // FIND: medium
const other = multer({ storage: multer.memoryStorage(), limits: { files: 1 } }); // FIND: medium
app.use(fileUpload()); // FIND: medium
const huge = multer({ dest: 'uploads/', limits: { fileSize: 1024 * 1024 * 1024 } }); // FIND: low
