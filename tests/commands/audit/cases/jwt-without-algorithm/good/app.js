const jwt = require('jsonwebtoken');
const { expressjwt } = require('express-jwt');
const options = { algorithms: ['HS256'] };
jwt.verify(token, process.env.JWT_SECRET, options);
jwt.sign({}, process.env.JWT_SECRET);
app.use(expressjwt({ secret: process.env.JWT_SECRET, algorithms: ['HS256'] }));
