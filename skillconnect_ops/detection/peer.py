"""The detectors of detect-secrets, run on single lines.

Importing them takes longer than a scan of a small tree, so that happens on the first line where one
of their keywords stands beside something long enough to be a key. They never get to validate a
secret over a network: only `analyze_string`, their regular expressions, runs here, since
`analyze_line` may call the service.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from importlib import import_module
from typing import Any

from skillconnect_ops.core.regex import regex
from skillconnect_ops.detection.model import Look, Read, Span
from skillconnect_ops.detection.page import Page

LONGEST_LINE = 4000
"""Bytes of a line that are handed over; minified code has no lines worth the name."""
_LONG = regex(rb"[A-Za-z0-9_+/-]{20,}")
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


def _random_enough(plugin: Any, value: str) -> bool:
    """The entropy plugins filter in `analyze_line`, which is not called here."""
    limit = getattr(plugin, "entropy_limit", None)
    return limit is None or plugin.calculate_shannon_entropy(value) > limit


def _spans(page: Page, low: int, high: int, module: str, name: str) -> Iterable[Span]:
    if _LONG.search(page.content, low, high) is None:
        return
    line = page.content[low:high].decode("latin-1")
    plugin = _plugin(module, name)
    for found in plugin.analyze_string(line.rstrip("\r\n")):
        value = found.strip("\"'=: \t")
        at = line.find(value) if value else -1
        if at >= 0 and _random_enough(plugin, value):
            yield Span(start=low + at, end=low + at + len(value), quoted=True)
