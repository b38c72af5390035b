"""What the objects of git are made of: ids, headers, free text, entries; pure."""

from collections.abc import Iterator

from skillconnect_ops.core.regex import regex

_ENTRY = rb"(?s)([0-7]+) ([^\0]+)\0(.{%d})"
"""A mode, a name, and an id of so many bytes."""
_FOLDER = b"40000"
"""Some programs wrote it with a zero before it, which git reads as well."""
_PEOPLE = frozenset((b"author", b"committer", b"tagger"))
_FIXED = frozenset((b"type", b"encoding"))
_HEADERS = (b"tree ", b"parent ", b"object ")


def heads(content: bytes, at: int = 0) -> tuple[tuple[str, ...], int]:
    """The ids at the head of a commit or tag that begins there, and where the rest begins."""
    oids: list[str] = []
    while content.startswith(_HEADERS, at):
        end = content.index(b"\n", at)
        oids.append(content[content.index(b" ", at) + 1 : end].decode("ascii"))
        at = end + 1
    return tuple(oids), at


def apart(content: bytes) -> tuple[tuple[str, ...], bytes]:
    """The ids at the head of a commit or tag, and the rest, in which something may stand."""
    oids, at = heads(content)
    return oids, content[at:]


def free_text(content: bytes) -> bytes:
    """What of a commit or tag is looked through."""
    return b"\n".join(part for part, is_text in parts(apart(content)[1]) if is_text)


def parts(rest: bytes) -> Iterator[tuple[bytes, bool]]:
    """What comes behind the ids of a commit or tag, in parts, and whether each is free text.

    Free text is names, addresses and the message. Words, times and zones of headers are none: a
    value of six digits may stand in each of them.
    """
    head, gap, message = rest.partition(b"\n\n")
    for line in head.splitlines(keepends=True):
        word, space, text = line.partition(b" ")
        if word in _PEOPLE:
            who, _, when = text.rpartition(b"> ")
            yield word + space, False
            yield who + b">", True
            yield b" " + when, False
        elif word in _FIXED:
            yield line, False
        elif word:
            yield word + space, False
            yield text, True
        else:
            yield line, True  # a further line of the header before it
    yield gap, False
    yield message, True


def is_folder(mode: bytes) -> bool:
    """Whether an entry of a tree is a tree."""
    return mode.lstrip(b"0") == _FOLDER


def entries(content: bytes, digest_bytes: int) -> list[tuple[bytes, bytes, bytes]]:
    """Modes, names and ids of a tree."""
    return regex(_ENTRY % digest_bytes).findall(content)
