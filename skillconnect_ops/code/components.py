"""The scripts within Vue, Svelte and Astro files."""

import re
from collections.abc import Iterator

from msgspec import Struct

SUFFIXES = frozenset({".vue", ".svelte", ".astro"})
_SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script\s*>", re.DOTALL | re.IGNORECASE)
_FRONTMATTER = re.compile(r"\A\s*---\n(.*?)\n---", re.DOTALL)
_TYPED = re.compile(r"""\blang\s*=\s*['"]?tsx?\b""")


class Script(Struct, frozen=True):
    """One script of a component."""

    text: str
    language: str
    first_line: int


def scripts(text: str) -> Iterator[Script]:
    """The scripts of a component, in order."""
    head = _FRONTMATTER.match(text)
    if head:
        yield Script(head[1], "typescript", text.count("\n", 0, head.start(1)) + 1)
    for found in _SCRIPT.finditer(text):
        language = "typescript" if _TYPED.search(found[1]) else "javascript"
        yield Script(found[2], language, text.count("\n", 0, found.start(2)) + 1)
