console.log(password); // FIND: password
console.log('login', user.password, user.name); // FIND: user.password
console.log(`token ${token}`); // FIND: token
console.error('failed', { email, password: req.body.password }); // FIND: email+password
console.log(req.body); // FIND: req.body
console.log('headers', req.headers); // FIND: req.headers
console.log(req.headers.authorization); // FIND: req.headers.authorization
console.log(req.headers['x-api-key']); // FIND: req.headers.x-api-key
console.log(req.cookies.session); // FIND: req.cookies.session
console.log(req); // FIND: req
console.log(JSON.stringify(req.body, null, 2)); // FIND: req.body
console.log('env', process.env); // FIND: process.env
console.log(process.env.JWT_SECRET); // FIND: process.env.JWT_SECRET
console.log(config.db.passwd || 'none'); // FIND: config.db.passwd
console.log([accessToken, refresh_token]); // FIND: accessToken+refresh_token
console.log(debug ? apiKey : ''); // FIND: apiKey
console.log('key: ' + privateKey); // FIND: privateKey
console.log({ ...credentials }); // FIND: credentials
console.log(chalk.red(secret)); // FIND: secret
console.log(await user.getResetToken()); // FIND: getResetToken()
console.log(generateToken(user)); // FIND: generateToken()
console.log.call(console, cardNumber); // FIND: cardNumber
console.log.apply(console, [cvv, customer.phone]); // FIND: cvv+customer.phone
const write = console.warn; write(otp); // FIND: otp
console.log(req.get('authorization')); // FIND: req.get(authorization)
console.log`${cookie}`; // FIND: cookie
console.log(passwordHash, emailAddress, sessionId); // FIND: passwordHash+emailAddress+sessionId
console.log(password); // eslint-disable-line no-console FIND: password
console.log({ token: t, ok: true }); // FIND: token
console.log('Connecting to', process.env.MONGO_URI); // FIND: process.env.MONGO_URI
console.log(mongoUri, connectionString, DSN); // FIND: mongoUri+connectionString+DSN
console.log(DATABASE_URL, config.redisUrl); // FIND: DATABASE_URL+config.redisUrl
console.log(new URL(`http://${user.name}:${user.password}@h`)); // FIND: user.password
console.log(Buffer.from(token).toString('base64')); // FIND: token
console.log('password:', p); // FIND: p (password)
console.log(`user=${name} password=${p}`, 'Reset token: ' + t); // FIND: p (password)+t (Reset token)
console.log('sent to a user, api key = ', values[0], req.session); // FIND: req.session+values[0] (api key)
