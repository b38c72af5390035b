console.log('wrong password for token'); console.log("password:", '***');
console.log(deletedAccessTokens, totalTokens); console.log(token.length, !!token, typeof password, Boolean(secret), token === other);
console.log(password ? 'set' : 'not set'); console.log(hasToken, isEmailVerified, tokenCount, totalTokens);
console.log(passwordField, tokenType, tokenId, cookieName, secretName, emailSent, apiKeyName);
console.log(hash(password), redact(req.body), mask(user.email), await verify(token));
console.log({ password: '[REDACTED]', token: mask(token), email: hidden ? 1 : 2, hasToken: !!token });
console.log(user.id, req.method, req.url, req.headers['user-agent'], req.body.name, req.params.id);
console.log(validatePassword, resetPassword(user)); console.log(user.password.length);
console.log(() => token); console.log(keyboard, key, monkey, compass, bypass, author, mailbox, spin);
console.log(card, dashboardCard, businessCard, number, address, body, headers, request.id, pass, passes);
logger.info(password); debug(token); console = password; if (console.log && token) run();
function f(console) { console.log(password); }
console.log(password); // skc: allow console-secret a made-up one, for the tutorial
console.log(nextToken.type, currentToken, peekToken);
console.log('Invalid token:', error.message, 'token: ', err); console.log('password:', p.length, `otp: ${e}`);
console.log('password reset:', id); console.log('No token:', req.path); console.log('Cookie: ', hash(c));
console.log(url, req.url, baseUrl, imageUri, string, queryString, redirectUri);
