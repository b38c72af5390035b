"""The scripts within HTML, Vue, Svelte and Astro files."""

import re
from collections.abc import Iterator

from msgspec import Struct

SUFFIXES = frozenset({".vue", ".svelte", ".astro"})
PAGES = frozenset({".html", ".htm", ".xhtml"})
_SCRIPT = re.compile(
    r"<script\b((?:[^>\"']|\"[^\"]*\"|'[^']*')*)>(.*?)</script\s*>", re.DOTALL | re.IGNORECASE
)
_COMMENT_OR_SCRIPT = re.compile(rf"<!--.*?-->|{_SCRIPT.pattern}", re.DOTALL | re.IGNORECASE)
_FRONTMATTER = re.compile(r"\A\s*---\n(.*?)\n---", re.DOTALL)
_TYPED = re.compile(r"""\blang\s*=\s*['"]?tsx?\b""")
_TYPE = re.compile(r"""\btype\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_CODE = re.compile(
    r"(text|application)/(x-)?(java|ecma|j)script(1\.\d)?|module|text/babel|text/typescript|"
    r"text/jsx|",
    re.IGNORECASE,
)
"""What a script's type is where a browser runs it, or a compiler in the page does; HTML, 4.12.1."""


class Script(Struct, frozen=True):
    """One script of a component, and where it begins; both count from 1."""

    text: str
    language: str
    first_line: int
    first_column: int = 1


def scripts(text: str) -> Iterator[Script]:
    """The scripts of a component, or of a page, in order; data and templates are none."""
    head = _FRONTMATTER.match(text)
    if head:
        yield Script(head[1], "typescript", text.count("\n", 0, head.start(1)) + 1)
    for found in _COMMENT_OR_SCRIPT.finditer(text):
        attributes = found[1]
        if attributes is None or not _is_code(attributes):
            continue
        language = "typescript" if _TYPED.search(attributes) else "javascript"
        begin = found.start(2)
        line = text.count("\n", 0, begin) + 1
        yield Script(found[2], language, line, begin - text.rfind("\n", 0, begin))


def _is_code(attributes: str) -> bool:
    found = _TYPE.search(attributes)
    if found is None:
        return True
    kind = next((given for given in found.groups() if given is not None), "")
    return _CODE.fullmatch(kind.partition(";")[0].strip()) is not None
