"""Text from the outside, made fit for a terminal and for a log."""

import re
import shlex
from collections.abc import Sequence

_UNFIT = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
_CREDENTIALS = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*://)[^\s/]*@")
_NAMED = re.compile(
    r"(?i)(?P<name>(?:pass(?:word|phrase|wd)?|pwd|secret|token|credential|api_?key|private_?key)"
    r"[\w.-]*[\"']?\s*[=:]\s*)(?P<value>[\"'][^\"']*[\"']|[^\s,;)}\]]+)"
)
_KEY_BLOCK = re.compile(r"-----BEGIN [A-Z ]+-----.*?(?:-----END [A-Z ]+-----|\Z)", re.DOTALL)
_LONG_WORD = re.compile(r"[A-Za-z0-9+=]{16,}")


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


def _spelled(letter: str) -> str:
    code = ord(letter)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def _is_random(word: str) -> bool:
    """Whether a long word mixes digits and letters, as keys do and names do not."""
    digits = sum(letter.isdigit() for letter in word)
    letters = sum(letter.isalpha() for letter in word)
    return digits >= 2 and letters >= 2
