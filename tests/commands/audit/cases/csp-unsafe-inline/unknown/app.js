const helmet = require('helmet');
app.use(helmet({ contentSecurityPolicy: policyFor(site) }));
