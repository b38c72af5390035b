"""Code as it may be shown or hashed: what in its strings may be a value is masked."""

import re

_STRING = re.compile(r"(['\"`])((?:\\.|(?!\1).)*)\1?", re.DOTALL)
_VALUE = re.compile(r"[A-Za-z0-9+/_=.~!@#%^&*-]*[0-9][A-Za-z0-9+/_=.~!@#%^&*-]*")
_VERSION = re.compile(r"[~^<>=v]*\d+\.\d+(?:\.[\dx*]+)?(?:-[a-z]+\.?\d*)?")
_SHORT = 6
_PAST_THE_SCHEME = re.compile(r"(://)[^/\s'\"`]*@")
_MASK = "***"
_OF_A_SECRET = re.compile(
    r"((?:secret|passw|passphrase|token|credential|api_?key|private_?key)[A-Za-z0-9_]*['\"]?\s*[:=]\s*)"
    r"(['\"`])(?![~^<>=v ]*\d+\.[\dx*])((?:\\.|(?!\2).)+)",  # a version is none
    re.IGNORECASE,
)
_LOOKS_LIKE_ONE = re.compile(
    r"-----BEGIN [A-Z ]*KEY-----.*"
    r"|\beyJ[A-Za-z0-9_.-]{8,}"
    r"|\b(?=[A-Z]*[0-9])[A-Z0-9]{16,}\b"
    r"|\b\d(?:[ -]?\d){11,18}\b"
    r"|[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"
)


def masked(code: str) -> str:
    """The code, with every word of its strings masked that is no plain word."""
    return _STRING.sub(lambda found: found[1] + _words(found[2]) + _end(found[0], found[1]), code)


def shown(line: str) -> str:
    """A line of code for a person: as `masked`, and what a name or its form makes a secret, too.

    Comments are no strings, and a password of plain words is one all the same.
    """
    line = _OF_A_SECRET.sub(lambda found: f"{found[1]}{found[2]}{_MASK}", line)
    return _LOOKS_LIKE_ONE.sub(_MASK, masked(line))


def _words(text: str) -> str:
    text = _PAST_THE_SCHEME.sub(rf"\1{_MASK}@", text)
    return _VALUE.sub(lambda found: found[0] if _is_plain(found[0]) else _MASK, text)


def _is_plain(word: str) -> bool:
    return len(word) < _SHORT or _VERSION.fullmatch(word) is not None


def _end(whole: str, quote: str) -> str:
    return quote if len(whole) > 1 and whole.endswith(quote) else ""
