"""The words of driver and server, as a person may see them; pure."""

import re

_OPTIONS = re.compile(r" \(configured timeouts:[^)]*(?:\)|$)")
_APPENDED = re.compile(
    r",? ?(?:Timeout: [\d.]+s|Topology Description|<ServerDescription|full error: )"
)
_ERRNO = re.compile(r"\[Errno -?\d+\] ")
_HOST = re.compile(r"(?P<host>(?:\[[^\]]+\]|[^\s:,]+):\d+): (?P<what>.+)")


_DOCUMENT = re.compile(r"\{.*\}", re.DOTALL)
_STRING = re.compile(r'".*"', re.DOTALL)
_VALUE = re.compile(
    r"(?P<kept>language override unsupported|must be an array or object: [^:]*): .*", re.DOTALL
)
_DUPLICATE = re.compile(r" ?(?:collation: \{.*)? dup key: .*", re.DOTALL)


def without_values(said: str) -> str:
    """What a server says, without documents, texts and values, which may be somebody's.

    From the first brace to the last, and so with quotes: what stands between may hold either.
    """
    text = _VALUE.sub(r"\g<kept>: …", _DUPLICATE.sub("", said))
    return _STRING.sub('"…"', _DOCUMENT.sub("{…}", text))


def plain(said: str) -> str:
    """`h:27017 does not answer: connection refused`, without the driver's options and topology."""
    first = next(iter(said.splitlines()), "")
    text = _APPENDED.split(_OPTIONS.sub("", first), maxsplit=1)[0]
    text = _ERRNO.sub("", text).strip(" ,")
    hosts = [_HOST.fullmatch(part) for part in re.split(r",(?=\S+:\d+: )", text)]
    told = [f"{found['host']} does not answer: {_small(found['what'])}" for found in hosts if found]
    if told and all(hosts):
        return "; ".join(dict.fromkeys(told))
    return text or "the connection was closed"


def _small(text: str) -> str:
    """A sentence's first letter as within a sentence; an abbreviation stays."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]
