const helmet = require('helmet');
app.use(helmet({ contentSecurityPolicy: policyFor(site) })); // UNKNOWN: the policy policyFor(site) is not told: policyFor(site) is decided at run time
