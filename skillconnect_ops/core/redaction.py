"""Takes secrets out of a text that somebody else has written; pure.

A program that was given a secret may complain with it: whole, cut, or encoded. So it is not the
value alone that is looked for, but every eight letters in a row of it, in the forms that programs
print most.
"""

import base64
import json
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from skillconnect_ops.core.secret import Secret

MASK = "***"
_ROW = 8
"""So many letters of a secret in a row are no chance."""
_SHORTEST = 3
"""A shorter secret stands in every text."""


class Mask:
    """Hides some secrets in many texts."""

    def __init__(self, hidden: Iterable[Secret]) -> None:
        """Prepare.

        Args:
            hidden: the secrets; of a URI its password, since the rest of it is none.
        """
        forms = {form for secret in hidden for form in _forms(secret.reveal())}
        self._short = tuple(form for form in forms if _SHORTEST <= len(form) < _ROW)
        self._rows = frozenset(
            form[at : at + _ROW] for form in forms for at in range(len(form) - _ROW + 1)
        )

    def over(self, text: str) -> str:
        """The text with a mask over each part of it that is of a secret."""
        covered = bytearray(len(text))
        for form in self._short:
            _cover(text, form, covered)
        for at in range(len(text) - _ROW + 1):
            if text[at : at + _ROW] in self._rows:
                covered[at : at + _ROW] = b"\1" * _ROW
        return "".join(_masked(text, covered)) if any(covered) else text


def redacted(text: str, hidden: Iterable[Secret]) -> str:
    """The text, as a program printed it, with a mask over what is of a secret."""
    return Mask(hidden).over(text)


def _masked(text: str, covered: bytearray) -> Iterator[str]:
    for at, letter in enumerate(text):
        if not covered[at]:
            yield letter
        elif at == 0 or not covered[at - 1]:
            yield MASK


def _cover(text: str, form: str, covered: bytearray) -> None:
    at = text.find(form)
    while at != -1:
        covered[at : at + len(form)] = b"\1" * len(form)
        at = text.find(form, at + 1)


def _forms(value: str) -> Iterator[str]:
    """The value as programs print it."""
    raw = value.encode("utf-8", errors="surrogatepass")
    yield value
    yield from value.split("\n")
    yield quote(raw, safe="")
    yield json.dumps(value)[1:-1]
    yield raw.hex()
    yield raw.hex().upper()
    for before in range(3):  # it may stand behind something else: `user:password`
        whole = base64.b64encode(bytes(before) + raw).decode().rstrip("=")
        inner = whole[(8 * before + 5) // 6 : -1]
        yield inner
        yield inner.replace("+", "-").replace("/", "_")
