"""Code as it may be shown or hashed: what in its strings may be a value is masked."""

import re

_STRING = re.compile(r"(['\"`])((?:\\.|(?!\1).)*)\1?", re.DOTALL)
_VALUE = re.compile(r"[A-Za-z0-9+/_=.~!@#%^&*-]*[0-9][A-Za-z0-9+/_=.~!@#%^&*-]*")
_SHORT = 6
_PAST_THE_SCHEME = re.compile(r"(://)[^/\s'\"`]*@")
_MASK = "***"


def masked(code: str) -> str:
    """The code, with every word of its strings masked that is no plain word."""
    return _STRING.sub(lambda found: found[1] + _words(found[2]) + _end(found[0], found[1]), code)


def _words(text: str) -> str:
    text = _PAST_THE_SCHEME.sub(rf"\1{_MASK}@", text)
    return _VALUE.sub(lambda found: found[0] if len(found[0]) < _SHORT else _MASK, text)


def _end(whole: str, quote: str) -> str:
    return quote if len(whole) > 1 and whole.endswith(quote) else ""
