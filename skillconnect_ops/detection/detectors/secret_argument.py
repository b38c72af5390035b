"""A secret written into the call that takes it.

`jwt.sign(payload, '…')`, `cookieParser('…')`, `createHmac('sha256', '…')`, `new Sequelize('db',
'user', '…')`, `hmac.new(b'…', …)`: no name says that the string is a secret, its position does. The
string may be wrapped (`Buffer.from('…')`, `'…' as Secret`), stand behind a fallback (`secret ||
'…'`), in a branch or in a list. Of an expression that is not followed, a string in it is reported
with low confidence; one that holds none is only counted. Where nothing but a key can stand, as in
`jwt.sign`, a poor one counts as well: a poor key is still the key.
"""

from collections.abc import Iterable, Mapping

from msgspec import Struct

from skillconnect_ops.core.finding import Confidence, Severity
from skillconnect_ops.core.regex import regex
from skillconnect_ops.detection.assignment import CODE
from skillconnect_ops.detection.expression import Text, texts
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
_OPENED = regex(rb"\)?(?:<[\w<>, ]{1,60}>)?\s{0,4}\(")
_BEFORE = {
    position: regex(rb"(?:" + _SKIPPED + rb",){" + str(position).encode() + rb"}")
    for position in {call.position for call in _CALLS.values()}
    if position
}
_MOST = 17
"""Strings of one argument: those of a list, while keys are rotated."""
_QUOTES = frozenset({b'"', b"'", b"`"})
_UNREAD = "within an expression that is not followed"
_JOINED = "partly a variable, filled in elsewhere"


def _look(page: Page, start: int, end: int) -> Iterable[Span]:
    content = page.content
    opened = _OPENED.match(content, end)
    if opened is None:
        return ()
    call = _BY_BYTES[content[start:end]]
    if call.beside and not any(page.mentions(text) for text in call.beside):
        return ()
    begin = opened.end()
    if call.position:
        before = _BEFORE[call.position].match(content, begin, min(begin + FARTHEST, len(content)))
        if before is None:
            return ()
        begin = before.end()
    found, end = texts(content, begin)
    if not found:
        page.pass_over(CODE)
    return [
        _span(content, call, (start, end), one)
        for one in found[:_MOST]
        if one.start < one.end and not _is_key_file(content, one)
    ]


def _is_key_file(content: bytes, one: Text) -> bool:
    """A key in PEM has a detector of its own, and a public one is public."""
    return content.startswith((b"-----BEGIN", b"ssh-"), one.start)


def _span(content: bytes, call: Call, whole: tuple[int, int], one: Text) -> Span:
    worded = IDENTIFIER.match(content[one.start : one.end].decode("latin-1")) is not None
    doubts = (
        (not one.known, _UNREAD),
        (one.partly, _JOINED),
        (content[whole[0] - 1 : whole[0]] in _QUOTES, "named within a text"),
    )
    return Span(
        start=one.start,
        end=one.end,
        whole=whole,
        name=call.name,
        # `createHmac('sha512', 'Bitcoin seed')`: a protocol's constant, and no secret.
        promised=call.poor_too or not worded,
        confidence=Confidence.HIGH if one.known and not one.partly else Confidence.LOW,
        reasons=tuple(reason for holds, reason in doubts if holds),
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
        Example("jwt.sign(payload, '<alnum 20>' as Secret, { expiresIn: 60 })", "a.ts"),
        Example("jwt.sign(payload, <any>'<alnum 20>')", "a.ts"),
        Example("jwt.sign(payload, ('<alnum 20>'))", "a.js"),
        Example("jwt.sign(payload, dev ? '<alnum 20>' : process.env.S)", "a.js"),
        Example("jwt.sign(payload, '<alnum 20>' + '<alnum 20>')", "a.js"),
        Example(r"jwt.sign(payload, '<alnum 20>\'<alnum 9>')", "a.js"),
    ),
    misses=(
        Example("jwt.sign(payload, process.env.JWT_SECRET, { expiresIn: '7d' })", "a.js"),
        Example("jwt.verify(token, secret, { algorithms: ['HS256'] })", "a.js"),
        Example("const o = Object.assign({}, 'x'); require('jsonwebtoken')", "a.js"),
        Example("createHmac('sha256', key).update('abc12345')", "a.js"),
        Example("new Sequelize('sqlite::memory:', { logging: 'abc12345' })", "a.js"),
        Example("cookieParser()", "a.js"),
        Example("await verify(name, 'abc12345')", "a.js"),
    ),
)
