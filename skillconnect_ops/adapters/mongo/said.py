"""The driver's words for a lost connection, as a person says it; pure."""

import re

_OPTIONS = re.compile(r" \(configured timeouts:[^)]*(?:\)|$)")
_APPENDED = re.compile(
    r",? ?(?:Timeout: [\d.]+s|Topology Description|<ServerDescription|full error: )"
)
_ERRNO = re.compile(r"\[Errno -?\d+\] ")
_HOST = re.compile(r"(?P<host>(?:\[[^\]]+\]|[^\s:,]+):\d+): (?P<what>.+)")


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
