const github = 'ghp_<alnum 36>'; // FIND: critical
mongoose.connect('mongodb://app:<alnum 24>@db.shop.io:27017/shop'); // FIND: critical
const again = github; // said once: a value is told where it stands first
const key = 'sk_live_<alnum 24>'; // FIND: critical
const packed = '{"token": "ghp_<alnum 36>"}'; // FIND: critical
