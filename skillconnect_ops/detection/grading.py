"""How sure a finding is: every doubt has a name, and the gravest decides.

Nothing is dropped here. A placeholder is still a finding, of low confidence, with its reason, so
that a person who disagrees can see what was thought.
"""

from collections.abc import Iterator

from skillconnect_ops.core.finding import Confidence, Rank
from skillconnect_ops.core.regex import regex
from skillconnect_ops.detection import values
from skillconnect_ops.detection.model import Kin, Span
from skillconnect_ops.detection.page import Kind, Page

LOW, MEDIUM, HIGH = Confidence.LOW, Confidence.MEDIUM, Confidence.HIGH
Doubt = tuple[str, Confidence]
Grade = tuple[Confidence, tuple[str, ...]]

_WORD = regex(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_ABOUT = regex(
    r"""(?x) (?: field | hint | label | placeholder | names? | policy | len(?:gth)?
      | ur[il]s? | path
      | endpoint | files? | dir | types? | regexp? | pattern | errors? | messages? | msg
      | ids? | ttl
      | exp(?:ir\w+)? | alg(?:o\w*)? | count | headers? | prefix | suffix | size | input | reset
      | changed? | title | text | status | strategy | version | kind | format | encoding | issuer
      | audience | location | rounds | scope | class | button | icon | at | time(?:out)? | required
      | enabled? | validat\w+ | strength | desc\w* | manager | service | ref | arn | cookie
      | username | method | confirm\w* | forgot\w* | mask | column | param\w*
      | templates? | prompt | caption | tool_?tip | tips? | help | helper | selector | subject
      | html | views? | routes? | pages? | screen | forms? | rules? | warnings? | alert | notice
      | notes? | info | question | heading | style | css | href | links? | folder | directory
      | modal | dialog | toast | tab | visib\w+ | criteria | requirements? | instructions?
      | invalid | missing | mismatch | denied ) $"""
)
"""Last words of names that speak about a secret: `tokenUrl`, `password_field`."""
_SPOKEN = frozenset(
    {"label", "title", "mandatory", "show", "hide", "forgot", "invalid", "wrong", "enter", "repeat"}
    | {"confirm", "change", "reset", "missing", "empty", "weak", "require", "required", "no", "is"}
    | {"has", "min", "max", "hint", "placeholder", "error", "text", "msg", "message", "validate"}
)
"""First words of such names: `LABEL_PASSWORD`, `isTokenValid`."""
_PUBLIC = regex(
    r"(?i)public|publishable|csrf|xsrf|(?:primary|foreign|sort|partition|cache|group)_?key"
)
_PASSWORD = regex(r"(?i:pass|pwd|credential)|(?:\b|_)(?i:pw)|Pw(?![a-z])|[a-z]pw$|PW$")
_COUNTED = regex(r"(?i)tokens?$")
"""Names under which a number is a count or a time: `CHAT_TOKENS`, `ACCESS_TOKEN`."""
_PLACE = regex(r"/[^/]+/|^[A-Za-z]:\\|\.\w{1,5}$")
"""A path that can hardly be a password which begins with a slash."""
_SECRET_WORDS = regex(
    r"""(?xi) pass ?(?:word|code|phrase) | passwor[dt] | kennwort | mot \s de \s passe
      | contrase[nñ]a | clave | senha | palavra | wachtwoord | has[lł]o | heslo | parola | parol\b
      | l[oö]senord | adgangskode | salasana | jelsz[oó] | [sş]ifre | 密[码碼] | パスワード
      | 비밀번호 | парол | token | secret | geheim | schl[uü]ssel"""
)
_LOOSE = frozenset({Kind.ENV, Kind.INI, Kind.YAML, Kind.JSON, Kind.XML, Kind.SHELL})


def grade(page: Page, span: Span, value: str, kin: Kin) -> Grade:
    """The confidence that is left, and the reasons against more."""
    level, reasons = span.confidence, list(span.reasons)
    for reason, most in _doubts(page, span, value, kin):
        reasons.append(reason)
        level = _lower(level, most)
    return level, tuple(reasons)


def _lower(one: Confidence, other: Confidence) -> Confidence:
    return one if Rank[one.name] <= Rank[other.name] else other


def _doubts(page: Page, span: Span, value: str, kin: Kin) -> Iterator[Doubt]:
    yield from _of_the_value(value, kin)
    for reason, shape, named in page.remarks:
        yield reason, shape if kin is Kin.SHAPE and values.looks_random(value) else named
    if span.reasons and kin is Kin.NAMED:
        yield "so the value alone must convince", HIGH if values.looks_random(value) else LOW
    if kin is Kin.NAMED:
        yield from _of_the_name(span, value)
        yield from _of_the_form(page, span, value)


def _weak(span: Span) -> Confidence:
    """What a poor value leaves: where a secret is promised it is a poor secret, and real."""
    return MEDIUM if span.promised else LOW


def _of_the_value(value: str, kin: Kin) -> Iterator[Doubt]:
    """What holds for every kind of secret."""
    if values.HASHED.match(value):
        return
    if values.VARIABLE.match(value):
        yield "a variable, filled in elsewhere", LOW
    elif values.HALF_VARIABLE.search(value) and kin is not Kin.NATURE:
        yield "partly a variable, filled in elsewhere", LOW
    elif values.LOOKED_UP.search(value):
        yield "looked up elsewhere when it runs", LOW
    elif _is_placeholder(value, kin):
        yield "a placeholder", LOW
    elif values.EVERYBODYS.match(value) and kin is Kin.NAMED:
        yield "a word that everybody tries first", MEDIUM
    if values.ETAG.search(value):
        yield "an ETag", LOW


def _is_placeholder(value: str, kin: Kin) -> bool:
    if len(value) > 400 or kin is Kin.NATURE:
        return False
    if kin is Kin.SHAPE or len(value) > 80 or values.looks_random(value):
        return values.SURE_PLACEHOLDER.search(value) is not None
    return values.PLACEHOLDER.search(value) is not None


def _of_the_name(span: Span, value: str) -> Iterator[Doubt]:
    """What the name says against its value."""
    words = [word.lower() for word in _WORD.findall(span.name) if not word.isdigit()]
    about = "the name speaks about a secret, it does not hold one"
    if _PUBLIC.search(span.name):
        yield "the name says that it is public", LOW
    elif words and _ABOUT.match(words[-1]):
        yield about, LOW
    elif words and words[0] in _SPOKEN and not values.looks_random(value):
        yield about, _weak(span)
    if _bare(value) in _bare(span.name):
        yield "the value repeats its name", _weak(span)


def _bare(text: str) -> str:
    return text.lower().replace("-", "").replace("_", "")


def _of_the_form(page: Page, span: Span, value: str) -> Iterator[Doubt]:
    """What the value's form says where only its name makes it a secret."""
    weak = _weak(span)
    if len(value) < 4:
        yield "too short to tell", weak
    if values.HASHED.match(value):
        yield "a password's hash, not the password", MEDIUM
    elif values.OBJECT_ID.match(value):
        yield "looks like an ObjectId", weak
    elif values.CHAIN_ADDRESS.match(value):
        yield "a public address on a blockchain", LOW
    elif values.UUID.match(value):
        yield "looks like a UUID", MEDIUM
    elif values.DATE_OR_NUMBER.match(value) and not _PASSWORD.search(span.name):
        yield "a number or a date", LOW if _COUNTED.search(span.name) else weak
    elif values.VERSION.match(value):
        yield "a version of a package", LOW if _COUNTED.search(span.name) else weak
    elif values.looks_random(value):
        yield from _of_the_wording(page, span, value)
    elif values.PATH.search(value):
        yield "names a file", LOW if _PLACE.search(value) else weak
    elif values.ADDRESS.match(value):
        yield "an address or a dotted name", LOW if "//" in value else weak
    elif values.CALL.search(value) or values.CODE.search(value):
        yield "code on the right-hand side", weak
    else:
        yield from _of_the_wording(page, span, value)


def _of_the_wording(page: Page, span: Span, value: str) -> Iterator[Doubt]:
    password, random = _PASSWORD.search(span.name) is not None, values.looks_random(value)
    written_down, weak = page.kind in _LOOSE, _weak(span)
    if page.speaks_a_language and _reads(value) and not random:
        yield "in a file named for a language", weak
    elif values.in_foreign_letters(value):
        yield "a sentence in another language", weak
    elif _speaks(value) and not random:
        yield "speaks about a secret", weak
    elif " " in value.strip() and _reads(value):
        yield "reads as a sentence", MEDIUM if written_down and password else weak
    elif values.IDENTIFIER.match(value) and not random:
        yield "a plain word", MEDIUM if password and " " not in value else weak
    elif not password and len(value) < 16:
        yield "short for a key", MEDIUM if written_down else weak
    elif not password and not random:
        yield "not random enough for a key", MEDIUM
    elif password and len(value) < 8:
        yield "a short password", MEDIUM
    elif page.kind in {Kind.TEXT, Kind.DOC, Kind.SQL} and not random:
        yield "in running text", MEDIUM


def _speaks(value: str) -> bool:
    """`Enter your password`, `Passwort`: text beside a field, where `Password123` is a password."""
    if " " in value.strip():
        return _reads(value) and _SECRET_WORDS.search(value) is not None
    return _SECRET_WORDS.fullmatch(value) is not None and not values.EVERYBODYS.match(value)


def _reads(value: str) -> bool:
    """Whether it is of letters in the main, as words are."""
    return sum(map(str.isalpha, value)) > 0.7 * len(value)
