const multer = require('multer');
const upload = multer({ dest: 'uploads/', limits: config.limits }); // UNKNOWN: the limits of uploads are not told
