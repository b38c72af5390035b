"""Takes out of a log event what nobody may read in a log.

Three looks, since each misses what another finds: by the name of a field, by the form of a text,
and by the very values that this service holds. An event is plain data afterwards: text, numbers,
lists and dicts, and of everything else its words.
"""

import base64
import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from enum import Enum
from itertools import islice
from typing import Any
from urllib.parse import quote, unquote

from ahocorasick_rs import AhoCorasick, MatchKind

from skillconnect_ops.core.secret import Secret

MASK = "***"
DEEPEST = 8
"""Lists within lists so deep are not looked into; a circle ends here, too."""
MOST = 200
"""Of a longer list only so many entries are kept."""
LONGEST = 16 * 1024
"""Of a longer text only so many letters are looked at, and kept."""
_SHORTEST = 4
"""A shorter secret stands in every text."""
_SHORTEST_LINE = 8
"""A line of a secret of several lines; a shorter one may be a word of its format."""

_NAMES = re.compile(
    r"passw|passphrase|pwd|secret|token|authori[sz]ation|cookie|csrf|xsrf|recovery|credential|inputvalue"
    r"|otp|jwt|codes?$|^(?:pin|mfa|auth|input)$|(?:api|private|signing|encryption|access|master)key"
)
_HARMLESS = frozenset(
    {
        *("statuscode", "errorcode", "exitcode", "closecode", "opcode", "httpcode"),
        *("countrycode", "postalcode", "zipcode", "languagecode", "currencycode"),
    }
)
"""Names that end in `code`, and hold none that lets somebody in."""
_SHORTEST_HEADER = 12
"""Letters of a JWT's first part, at least."""
_PUNCTUATION = str.maketrans("", "", "_-. ")

# Callers choose what is looked through here. So each pattern begins only where a word does, and
# gives nothing back (`++`): no text takes more than one walk through it.
_DOTTED = re.compile(r"(?<![\w.-])[\w-]++\.[\w.-]+")
_LOGIN = re.compile(r"(://[^\s/@:\"']*+:)[^\s/\"']+@")
_SCHEME = re.compile(
    r"\b((?i:bearer)\s++|(?i:basic)\s++(?=\S*[A-Z0-9=]|\S{24}))[\w.~+/=:-]+", re.ASCII
)
_HEADER = re.compile(
    r"((?:cookie|authorization|csrf-token)\s*+:\s*+)(?!\*\*\*)[^\r\n]++", re.IGNORECASE
)
_NAMED = re.compile(r"(?<![\w-])([\w-]++)([\"']?\s*+[=:,]\s*+)")
"""A name before a value, as queries, reprs and JSON have it."""
_VALUE = re.compile(
    r"""b?"(?:[^"\\]|\\.)*+"?|b?'(?:[^'\\]|\\.)*+'?|[\[({][^\])}]*+[\])}]?|[^\s"'&,;)}\]]++""",
    re.DOTALL,
)
_BEFORE_A_COLON = re.compile(r"passw|passphrase|secret|otp|api[_-]?key", re.IGNORECASE)
"""Of other names a colon may begin a sentence: `invalid token: it has expired`."""
_SAYS_NOTHING = frozenset({"None", "True", "False", "null", "true", "false", MASK})


class Redaction:
    """Makes an event fit to be written down.

    Args:
        hidden: the secrets in force now. It is asked for each event: best it gives the same tuple
            as long as nothing has changed. What has once been given stays hidden, for a retired
            secret is still one that others may hold.
    """

    def __init__(self, hidden: Callable[[], Iterable[Secret]] = tuple) -> None:
        self._hidden = hidden
        self._known: tuple[Secret, ...] = ()
        self._forms: set[str] = set()
        self._search: AhoCorasick | None = None
        self._changing = threading.Lock()

    def event(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """A copy of the event without secrets, of JSON's own types."""
        given = self._hidden()
        if given is not self._known:
            self._look_for(tuple(given))
        # one search through all texts, since nearly no event has a secret in any
        joined = "\n".join([value for value in event.values() if type(value) is str])
        clean = joined.isascii() and len(joined) <= LONGEST and not self._knows(joined)
        look = _by_form if clean else self._text
        found = {}
        for name, value in event.items():
            if type(value) is str:
                found[name] = MASK if _tells(name) else look(value)
            else:
                found[name] = self._under(name, value, DEEPEST)
        return found

    def _text(self, text: str) -> str:
        if not text.isascii():
            text = text.encode(errors="backslashreplace").decode()  # half a surrogate pair
        if len(text) > LONGEST:
            # the last word goes as a whole: half a secret would not be known for one
            text = "".join(text[:LONGEST].rpartition(" ")[:2]) + "…"
        if self._search is not None:
            text = _masked(text, self._search)
        return _by_form(text)

    def _knows(self, text: str) -> bool:
        return self._search is not None and bool(self._search.find_matches_as_indexes(text))

    def _look_for(self, secrets: tuple[Secret, ...]) -> None:
        if secrets == self._known:
            return
        with self._changing:
            self._forms |= {form for secret in secrets for form in _forms(secret.reveal())}
            if self._forms:
                self._search = AhoCorasick(self._forms, matchkind=MatchKind.LeftmostLongest)
            self._known = secrets

    def _under(self, name: str, value: Any, depth: int) -> Any:
        if value is None or isinstance(value, bool):
            return value
        if _tells(name):
            return MASK
        return self._value(value, depth)

    def _value(self, value: Any, depth: int) -> Any:
        if type(value) is str:
            return self._text(value)
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, Mapping | list | tuple | set | frozenset):
            return self._inside(value, depth - 1) if depth else "…"
        return self._text(_words(value))

    def _inside(self, value: Any, depth: int) -> Any:
        if isinstance(value, Mapping):
            found = {}
            for key, each in islice(value.items(), MOST):
                name = key if type(key) is str else _words(key)
                found[self._text(name)] = self._under(name, each, depth)
            return found
        pair = _header(value)
        if pair is not None:
            return [self._text(pair[0]), self._under(pair[0], pair[1], depth)]
        return [self._value(each, depth) for each in islice(value, MOST)]


def _header(value: Any) -> tuple[str, Any] | None:
    """Name and value, where a list may be a header, as ASGI has them."""
    if isinstance(value, list | tuple) and len(value) == 2 and isinstance(value[0], str | bytes):
        return _words(value[0]), value[1]
    return None


_told: dict[str, bool] = {}


def _tells(name: str) -> bool:
    """Whether what stands under a name is a secret; remembered, since names are few."""
    found = _told.get(name)
    if found is None:
        plain = name.translate(_PUNCTUATION).lower()
        found = _NAMES.search(plain) is not None and plain not in _HARMLESS
        if len(_told) < 1000 and len(name) < 50:
            _told[name] = found
    return found


def _words(value: Any) -> str:
    """What is no plain data, as text; never raises."""
    try:
        match value:
            case Enum():
                return str(value.value)
            case bytes() | bytearray():
                return bytes(value).decode(errors="backslashreplace")
            case datetime() | date():
                return value.isoformat()
            case BaseException():
                return f"{type(value).__name__}: {value}"
            case _:
                return str(value) if isinstance(value, str) else repr(value)
    except Exception:  # noqa: BLE001 - somebody else's repr
        return f"<{type(value).__name__}>"


def _by_form(text: str) -> str:
    # each look costs a microsecond or more, and nearly no text has what it looks for
    if "eyJ" in text:
        text = _DOTTED.sub(_without_jwt, text)
    if " " in text:
        text = _SCHEME.sub(rf"\1{MASK}", text)
    if ":" in text:
        if "://" in text:
            text = _LOGIN.sub(rf"\1{MASK}@", text)
        text = _HEADER.sub(rf"\1{MASK}", text)
        return _without_values(text)
    if "=" in text or "'" in text:
        text = _without_values(text)
    return text


def _without_jwt(found: re.Match[str]) -> str:
    words = found[0]
    start = words.find("eyJ")  # `{"` in base64; a word may hang on to it: `%3DeyJ…`
    dot = words.find(".", start + _SHORTEST_HEADER)
    return words if start < 0 or dot < 0 else words[:start] + MASK


def _without_values(text: str) -> str:
    parts: list[str] = []
    done = 0
    for named in _NAMED.finditer(text):
        if named.start() < done or not _announces(named):
            continue
        value = _VALUE.match(text, named.end())
        if value is not None and value[0] not in _SAYS_NOTHING:
            parts += text[done : named.end()], MASK
            done = value.end()
    return "".join([*parts, text[done:]])


def _announces(named: re.Match[str]) -> bool:
    """Whether a secret comes after what was found of `_NAMED`."""
    name, between = named.groups()
    if not _tells(name):
        return False
    if "=" in between:
        return name != "code" or named.string[max(named.start() - 1, 0)] in "?&"
    quoted = between[0] in "\"'"
    return quoted or (":" in between and _BEFORE_A_COLON.search(name) is not None)


def _masked(text: str, search: AhoCorasick) -> str:
    found = search.find_matches_as_indexes(text)
    for _, start, end in reversed(found):
        text = text[:start] + MASK + text[end:]
    return text


def _forms(value: str) -> Iterator[str]:
    """A secret as it stands in texts: alone, within a URI, escaped, encoded."""
    whole = value.strip()
    parts = {whole}
    # the password ends at the first `@`; where it has one that is not escaped, at the host's last
    for login in (r"[\w+.-]+://[^/@:]*:([^@]+)@", r"[\w+.-]+://[^/@:]*:([^/]+)@"):
        found = re.match(login, whole)
        if found is not None:
            parts |= {found[1], unquote(found[1])}
    for part in parts:
        if len(part) < _SHORTEST:
            continue
        yield part
        yield from (line for line in part.splitlines() if len(line) >= _SHORTEST_LINE)
        yield quote(part, safe="")
        yield json.dumps(part)[1:-1]
        yield json.dumps(part, ensure_ascii=False)[1:-1]
        yield repr(part)[1:-1]
        yield from _encoded(part.encode("utf-8", errors="surrogatepass"))


def _encoded(raw: bytes) -> Iterator[str]:
    yield raw.hex()
    yield raw.hex().upper()
    for before in range(3):  # something may stand in front of it: `user:password`
        whole = base64.b64encode(bytes(before) + raw).decode().rstrip("=")
        inner = whole[(8 * before + 5) // 6 : -1]
        if len(inner) >= _SHORTEST:
            yield inner
            yield inner.replace("+", "-").replace("/", "_")
