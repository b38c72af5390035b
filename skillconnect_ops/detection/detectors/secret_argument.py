"""A secret written into the call that takes it.

`jwt.sign(payload, '…')`, `cookieParser('…')`, `createHmac('sha256', '…')`, `new Sequelize('db',
'user', '…')`, `hmac.new(b'…', …)`: no name says that the string is a secret, its position does. The
string may be wrapped (`Buffer.from('…')`, `b'…'`, `'…'.encode()`), stand behind a fallback
(`secret || '…'`) or in a list; an expression is none. Where nothing but a key can stand, as in
`jwt.sign`, a poor one counts as well: a poor key is still the key.
"""

import re
from collections.abc import Iterable, Mapping

from msgspec import Struct

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.regex import regex
from skillconnect_ops.detection.model import Detector, Example, Kin, Span
from skillconnect_ops.detection.page import Page
from skillconnect_ops.detection.values import IDENTIFIER

FARTHEST = 1500
"""Bytes of a call that are read."""
DEEPEST = 4
"""Brackets within brackets that are read in an argument."""


class Call(Struct, frozen=True):
    """Where a call takes its secret."""

    position: int
    """Of the argument, from 0."""
    name: str = "secret"
    """What grading is to take the argument for."""
    poor_too: bool = False
    """Whether any string there is a key, however poor."""
    beside: tuple[bytes, ...] = ()
    """Texts of which the file must hold one, for names that others use as well."""


_TOKENS, _HASH = Call(1, poor_too=True), Call(1, name="key")
_IMPORTED = Call(1, poor_too=True, beside=(b"jsonwebtoken", b"jwt-simple", b"njwt"))
_CALLS: Mapping[str, Call] = {
    "jwt.sign": _TOKENS,
    "JWT.sign": _TOKENS,
    "jwt.verify": _TOKENS,
    "JWT.verify": _TOKENS,
    "jwt.encode": _TOKENS,
    "jwt.decode": _TOKENS,
    "jsonwebtoken.sign": _TOKENS,
    "jsonwebtoken.verify": _TOKENS,
    "jwtVerify": _TOKENS,
    " sign": _IMPORTED,
    " verify": _IMPORTED,
    "\tsign": _IMPORTED,
    "\tverify": _IMPORTED,
    "(sign": _IMPORTED,
    "(verify": _IMPORTED,
    "=sign": _IMPORTED,
    "=verify": _IMPORTED,
    ").sign": Call(0, poor_too=True, beside=(b"SignJWT",)),
    "\t.sign": Call(0, poor_too=True, beside=(b"SignJWT",)),
    "\n.sign": Call(0, poor_too=True, beside=(b"SignJWT",)),
    " .sign": Call(0, poor_too=True, beside=(b"SignJWT",)),
    "cookieParser": Call(0, poor_too=True),
    "ignature.sign": Call(1, beside=(b"cookie-signature",)),
    "ignature.unsign": Call(1, beside=(b"cookie-signature",)),
    "createHmac": _HASH,
    "createCipheriv": Call(1, name="key", poor_too=True),
    "createDecipheriv": Call(1, name="key", poor_too=True),
    "createCipher": Call(1, name="password", poor_too=True),
    "createDecipher": Call(1, name="password", poor_too=True),
    "createSecretKey": Call(0, name="key", poor_too=True),
    "scryptSync": Call(0, name="password"),
    "scrypt": Call(0, name="password"),
    "pbkdf2Sync": Call(0, name="password"),
    "pbkdf2": Call(0, name="password"),
    "AES.encrypt": Call(1, name="key", beside=(b"rypto",)),
    "AES.decrypt": Call(1, name="key", beside=(b"rypto",)),
    "HmacSHA1": _HASH,
    "HmacSHA256": _HASH,
    "HmacSHA512": _HASH,
    "Sequelize": Call(2, name="password"),
    "hmac.new": Call(0, name="key"),
    "HMAC.new": Call(0, name="key"),
    "hmac.digest": Call(0, name="key"),
    "Fernet": Call(0, name="key"),
    "Serializer": Call(0, beside=(b"itsdangerous",)),
    "Signer": Call(0, beside=(b"itsdangerous",)),
    "twilio": Call(1, name="token", beside=(b"twilio",)),
}
_BY_BYTES = {name.encode(): call for name, call in _CALLS.items()}
_STRING = (
    rb"(?:\"(?:[^\"\\\r\n]|\\.){0,600}+\"|'(?:[^'\\\r\n]|\\.){0,600}+'|`(?:[^`\\]|\\.){0,600}+`)"
)
_COMMENT = rb"(?:/\*(?:(?!\*/).){0,200}+\*/|//[^\r\n]{0,200}+)"


def _argument(depth: int) -> bytes:
    """Anything up to the comma or the bracket that ends it; never tried a second time."""
    plain = rb"[^()\[\]{}\"'`/" + (rb",]" if depth == DEEPEST else rb"]")
    parts = [plain + rb"{1,300}+", _STRING, _COMMENT, rb"/"]
    if depth:
        inner = _argument(depth - 1)
        parts += [rb"\(" + inner + rb"\)", rb"\[" + inner + rb"\]", rb"\{" + inner + rb"\}"]
    return rb"(?:" + rb"|".join(parts) + rb"){0,80}+"


_SKIPPED = _argument(DEEPEST)
_LITERAL = (
    rb"(?:[bBuUrR]{1,2})?(?P<quote>[\"'`])(?P<secret>(?:(?!(?P=quote))[^\\\r\n]){1,600}+)(?P=quote)"
)
_WRAPPED = (
    rb"\s{0,80}+(?:" + _COMMENT + rb"\s{0,80}+){0,3}+"
    rb"(?:(?:key|secret|password)\s{0,4}=\s{0,4})?"
    rb"(?:[\w.$\[\]?!\"']{1,80}+(?:\([^()\r\n]{0,80}\))?\s{1,20}(?:\|\||\?\?|or)\s{1,20})?"
    rb"(?:(?:new\s)?[\w.]{0,40}(?:Buffer(?:\.from)?|encode|TextEncoder\(\)\.encode|bytes"
    rb"|createSecretKey|parse)\(\s{0,40})?"
    rb"(?P<list>\[\s{0,80})?" + _LITERAL
)
_AFTER = regex(
    rb"\s{0,40}(?:\.(?:encode|trim|toString)\([^()]{0,20}\)\s{0,40})?(?:,|\)|\]|\Z|//|/\*)"
)
_OPENED = regex(rb"\)?(?:<[\w<>, ]{1,60}>)?\s{0,4}\(")
_READY = {
    position: regex(rb"(?:" + _SKIPPED + rb",){" + str(position).encode() + rb"}" + _WRAPPED)
    if position
    else regex(_WRAPPED)
    for position in {call.position for call in _CALLS.values()}
}
_FURTHER = regex(rb"\s{0,80},\s{0,80}" + _LITERAL)
_MOST_LISTED = 16
_QUOTES = frozenset({b'"', b"'", b"`"})


def _look(page: Page, start: int, end: int) -> Iterable[Span]:
    content = page.content
    opened = _OPENED.match(content, end)
    if opened is None:
        return ()
    call = _BY_BYTES[content[start:end]]
    if call.beside and not any(page.mentions(text) for text in call.beside):
        return ()
    last = min(opened.end() + FARTHEST, len(content))
    found = _READY[call.position].match(content, opened.end(), last)
    if found is None or _AFTER.match(content, found.end()) is None:
        return ()
    listed = [found]
    while found["list"] and len(listed) < _MOST_LISTED:
        following = _FURTHER.match(content, listed[-1].end(), last)
        if following is None:
            break
        listed.append(following)
    return [_span(content, call, start, one) for one in listed if not _is_key_file(one)]


def _is_key_file(found: re.Match[bytes]) -> bool:
    """A key in PEM has a detector of its own, and a public one is public."""
    return found["secret"].startswith((b"-----BEGIN", b"ssh-"))


def _span(content: bytes, call: Call, start: int, found: re.Match[bytes]) -> Span:
    begin, end = found.span("secret")
    worded = IDENTIFIER.match(content[begin:end].decode("latin-1")) is not None
    return Span(
        start=begin,
        end=end,
        whole=(start, found.end()),
        name=call.name,
        # `createHmac('sha512', 'Bitcoin seed')`: a protocol's constant, and no secret.
        promised=call.poor_too or not worded,
        reasons=("named within a text",) if content[start - 1 : start] in _QUOTES else (),
    )


DETECTOR = Detector(
    wide=tuple({text.decode() for call in _CALLS.values() for text in call.beside}),
    id="secret-argument",
    what="secret written into a call",
    severity=Severity.HIGH,
    remedy="change it, and read it from the environment",
    kin=Kin.NAMED,
    keywords=tuple(_CALLS),
    look=_look,
    hits=(
        Example("jwt.sign({ id: user.id, roles: f(x, 'a') }, '<alnum 32>', { x: 1 })", "a.js"),
        Example('jwt.verify(token, "<alnum 9>", (e, user) => next());', "a.ts"),
        Example("const t = sign(user, '<alnum 20>')\nrequire('jsonwebtoken')", "a.js"),
        Example("app.use(cookieParser('keyboard cat'))", "a.js"),
        Example("cookieParser(['<alnum 20>', '<alnum 20>'])", "a.js"),
        Example('crypto.createHmac("sha256", "<alnum 20>").update(body)', "a.js"),
        Example("createCipheriv(alg, Buffer.from('<hex 64>', 'hex'), iv)", "a.js"),
        Example("new Sequelize('app', 'app', '<alnum 14>', { dialect: 'mysql' })", "a.js"),
        Example("hmac.new(b'<alnum 20>', body, hashlib.sha256)", "a.py"),
        Example('jwt.encode({"id": 1}, "<alnum 9>", algorithm="HS256")', "a.py"),
        Example("jwt.decode(token, key='<alnum 20>', algorithms=['HS256'])", "a.py"),
        Example("await jwtVerify(token, new TextEncoder().encode('<alnum 20>'))", "a.ts"),
        Example("from itsdangerous import X\ns = URLSafeTimedSerializer('<alnum 20>')", "a.py"),
        Example("await new SignJWT({})\n  .sign(new TextEncoder().encode('<alnum 20>'))", "a.ts"),
        Example("CryptoJS.AES.encrypt(text, '<alnum 20>')", "a.js"),
    ),
    misses=(
        Example("jwt.sign(payload, process.env.JWT_SECRET, { expiresIn: '7d' })", "a.js"),
        Example("jwt.verify(token, secret, { algorithms: ['HS256'] })", "a.js"),
        Example("const o = Object.assign({}, 'x'); require('jsonwebtoken')", "a.js"),
        Example("createHmac('sha256', key).update('abc12345')", "a.js"),
        Example("createHmac('sha256', 'AWS4' + key)", "a.js"),
        Example("new Sequelize('sqlite::memory:', { logging: 'abc12345' })", "a.js"),
        Example("cookieParser()", "a.js"),
        Example("await verify(name, 'abc12345')", "a.js"),
    ),
)
