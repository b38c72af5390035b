"""The detectors of detect-secrets, run on single lines.

Importing them takes longer than a scan of a small tree, so that happens on the first line that one
of their keywords stands in. They never get to validate a secret over a network: only
`analyze_line`'s regular expressions run here.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from importlib import import_module
from typing import Any

from skillconnect_ops.detection.model import Look, Read, Span
from skillconnect_ops.detection.page import Page

LONGEST_LINE = 4000
"""Bytes of a line that are handed over; minified code has no lines worth the name."""
_PACKAGE = "detect_secrets.plugins."


@cache
def _plugin(module: str, name: str) -> Any:
    return getattr(import_module(_PACKAGE + module), name)()


def peer(plugins: Mapping[str, tuple[str, str]]) -> Look:
    """A look by the plugin that a keyword belongs to, at the line around the keyword.

    Args:
        plugins: by keyword, the module and class in detect-secrets.
    """

    def look(page: Page, start: int, end: int) -> Iterable[Span]:
        module, name = plugins[page.content[start:end].decode()]
        low = page.content.rfind(b"\n", max(start - LONGEST_LINE // 2, 0), start) + 1
        low = low or max(start - LONGEST_LINE // 2, 0)
        high = page.content.find(b"\n", end, end + LONGEST_LINE // 2)
        high = high if high >= 0 else min(end + LONGEST_LINE // 2, len(page.content))
        return [
            span
            for span in _spans(page, low, high, module, name)
            if span.start <= end and start <= span.end + LONGEST_LINE
        ]

    return look


def peer_lines(plugins: Iterable[tuple[str, str]]) -> Read:
    """A reading of every line by every one of the plugins: slow, and full of noise."""

    def read(page: Page) -> Iterable[Span]:
        at = 0
        for line in page.content.splitlines(keepends=True):
            if 8 <= len(line) <= LONGEST_LINE:
                for module, name in plugins:
                    yield from _spans(page, at, at + len(line), module, name)
            at += len(line)

    return read


def _spans(page: Page, low: int, high: int, module: str, name: str) -> Iterable[Span]:
    line = page.content[low:high].decode("latin-1")
    plugin = _plugin(module, name)
    for secret in plugin.analyze_line(filename=page.path or "", line=line.rstrip("\r\n")):
        value = secret.secret_value
        at = line.find(value) if value else -1
        if at >= 0:
            yield Span(start=low + at, end=low + at + len(value), quoted=True)
