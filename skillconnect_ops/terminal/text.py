"""Text from the outside, made fit for a terminal and for a log."""

import re
import shlex
from collections.abc import Sequence
from textwrap import fill
from unicodedata import east_asian_width

from skillconnect_ops.core.regex import regex

_UNFIT = regex(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
_CREDENTIALS = regex(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*://)[^\s/]*@")
_NAMED = regex(
    r"(?i)(?P<name>(?:pass(?:word|phrase|wd)?|pwd|secret|token|credential|api_?key|private_?key)"
    r"[\w.-]*[\"']?\s*[=:]\s*)(?P<value>[\"'][^\"']*[\"']|[^\s,;)}\]]+)"
)
_KEY_BLOCK = regex(r"-----BEGIN [A-Z ]+-----.*?(?:-----END [A-Z ]+-----|\Z)", re.DOTALL)
_LEAD = regex(
    r"(?P<indent> *)(?P<label>(?:\d+\. |(?:note|warning|error|why): *|\[\d+/\d+\] )?)"
    r"(?P<paste>\$ |fix:|next:|skc (?![a-z ]+: )|git )?"
)
_LONG_WORD = regex(r"[A-Za-z0-9+=]{16,}")


def printable(text: str) -> str:
    r"""The text with everything that steers a terminal spelled out (`\x1b`); lines stay lines.

    Names of databases, files and fields come from others: an escape sequence in one must not move
    the cursor, and a direction mark must not reorder what is read.
    """
    return _UNFIT.sub(lambda match: _spelled(match[0]), text)


def one_line(text: str) -> str:
    r"""The same, with line ends and tabs spelled out too."""
    return printable(text).replace("\n", "\\n").replace("\t", "\\t")


def redacted(text: str) -> str:
    """The text without what looks like a secret: credentials in URIs, named values, long tokens.

    The second line of defence, for messages of libraries that know nothing of `Secret`.
    """
    text = _KEY_BLOCK.sub("***", text)
    text = _CREDENTIALS.sub(r"\g<scheme>***@", text)
    text = _NAMED.sub(r"\g<name>***", text)
    return _LONG_WORD.sub(lambda match: "***" if _is_random(match[0]) else match[0], text)


def command_line(argv: Sequence[str], *words: str) -> str:
    """A command line as it was typed, with more words, quoted for a shell.

    No option holds a secret; credentials that somebody typed into a URI all the same are masked.
    """
    typed = [*argv]
    end = typed.index("--") if "--" in typed else len(typed)
    line = shlex.join(["skc", *typed[:end], *words, *typed[end:]])
    return _CREDENTIALS.sub(r"\g<scheme>***@", one_line(line))


def wrapped(text: str, width: int | None, *, indent: int = 0, hang: int = 0) -> str:
    """A line broken between words so that it fits; a word longer than the width stays whole."""
    if width is None or indent + cell_length(text) <= width:
        return " " * indent + text
    return fill(
        text,
        max(width, indent + hang + 1),
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + hang),
        break_long_words=False,
        break_on_hyphens=False,
    )


def paragraphs(text: str, width: int | None) -> str:
    """Lines for people, each wrapped below its own beginning; what is to be pasted stays whole."""
    return "\n".join(_paragraph(line, width) for line in text.split("\n"))


def _paragraph(line: str, width: int | None) -> str:
    lead = _LEAD.match(line)
    if width is None or lead is None or cell_length(line) <= width:
        return line
    if lead["paste"] and not lead["label"].startswith("note"):  # a note is a sentence
        return line
    indent = len(lead["indent"])
    return wrapped(line[indent:], width, indent=indent, hang=len(lead["label"]))


def cell_length(text: str) -> int:
    """How many cells of a terminal a text takes; wide letters take two."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def _spelled(letter: str) -> str:
    code = ord(letter)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def _is_random(word: str) -> bool:
    """Whether a long word mixes digits and letters, as keys do and names do not."""
    digits = sum(letter.isdigit() for letter in word)
    letters = sum(letter.isalpha() for letter in word)
    return digits >= 2 and letters >= 2
