"""Env files as nobody would write them, and some as people do; the same for the same seed."""

import random

from msgspec import Struct

NAMES = ("A", "B", "KEY", "DB_URI", "x1", "_y", "NEW")
_SAFE = "abcXYZ019_./:@%+,=-"
_PRINTABLE = "".join(map(chr, range(32, 127)))
_EVIL = (
    "'", '"', "`", "\\", "\\\\", "\\n", "$", "${A}", "$(x)", "#", " #", " ", "\t", "\n", "=", "!",
    "\r", "é", "ü", "\u2028", "\xa0", "\ufeff", "漢", "~", "*", ";", "&", "|", "<", ">", "{a,b}",
    "%s", "\x0b", "\x7f", "😀",
)  # fmt: skip
_OPENERS = ("'", '"', "`", "$(x)", "<y>", "|", "(", "${", "\\")
_WORDS = ("hello", "my app", "see: docs", "not-a_name=5", "KEY", "export", "it's", "[section]")


class Case(Struct, frozen=True, kw_only=True):
    """A file, and what to write to it."""

    data: bytes
    key: str
    value: str


def case(chance: random.Random) -> Case:
    """One file; most are sane, some are odd, a few are garbage."""
    oddness = chance.choice((0.0, 0.0, 0.02, 0.1, 0.5))
    return Case(data=_file(chance, oddness), key=chance.choice(NAMES), value=value(chance))


def value(chance: random.Random) -> str:
    """A value that somebody might want to write."""
    match chance.randrange(6):
        case 0 | 1:
            return _letters(chance, _SAFE, 24)
        case 2:
            return _letters(chance, _PRINTABLE, 16)
        case 3:
            return _letters(chance, _PRINTABLE.replace("'", ""), 16)
        case 4:
            lines = (_letters(chance, _SAFE, 12) for _ in range(chance.randint(1, 4)))
            return "\n".join(lines)
        case _:
            return "".join(
                chance.choice(_EVIL) if chance.random() < 0.3 else chance.choice(_SAFE)
                for _ in range(chance.randint(0, 12))
            )


def _letters(chance: random.Random, letters: str, most: int) -> str:
    return "".join(chance.choices(letters, k=chance.randint(0, most)))


def _file(chance: random.Random, oddness: float) -> bytes:
    end = chance.choice((b"\n", b"\n", b"\n", b"\r\n", b"\r"))
    lines = []
    for _ in range(chance.randint(0, 9)):
        odd = chance.random() < oddness
        lines.append(_odd_line(chance) if odd else _line(chance).encode())
        lines.append(chance.choice((b"\n", b"\r\n", b"\r")) if odd else end)
    if lines and chance.random() < 0.2:
        lines.pop()
    bom = b"\xef\xbb\xbf" if chance.random() < 0.05 else b""
    return bom + b"".join(lines)


def _line(chance: random.Random) -> str:
    match chance.randrange(8):
        case 0:
            return ""
        case 1:
            return f"# {chance.choice(_WORDS)}"
        case 2:
            return f"#{chance.choice(NAMES)}={value(chance)}".replace("\n", "").replace("\r", "")
        case _:
            return _assignment(chance)


def _assignment(chance: random.Random) -> str:
    export = "export " if chance.random() < 0.15 else ""
    comment = f"{chance.choice((' ', '  ', chr(9)))}# {chance.choice(_WORDS)}"
    comment = comment if chance.random() < 0.2 else ""
    return f"{export}{chance.choice(NAMES)}={_written(chance)}{comment}"


def _written(chance: random.Random) -> str:
    text = _letters(chance, _SAFE, 16)
    match chance.randrange(5):
        case 0:
            return ""
        case 1:
            return f"'{text} {text}'"
        case 2:
            return f'"{text} {text}"'
        case 3 if chance.random() < 0.3:
            return f'"{text}{chr(10)}{text}"'
        case _:
            return text


def _odd_line(chance: random.Random) -> bytes:
    match chance.randrange(9):
        case 0:
            return chance.randbytes(chance.randint(0, 12)).replace(b"/", b"")
        case 1:
            return chance.choice(_WORDS).encode()
        case 2:
            return f"{chance.choice(NAMES)}={chance.choice(_OPENERS)}{_written(chance)}".encode()
        case 3:
            around = chance.choice((" =", "= ", " = ", ": ", "\t=\t"))
            return f"{chance.choice(NAMES)}{around}v".encode()
        case 4:
            return f"{chance.choice((' ', chr(9), '   '))}{_assignment(chance)}".encode()
        case 5:
            return f"export  {_assignment(chance)}".encode()
        case 6:
            return f"{chance.choice(NAMES)}={value(chance)}".encode()
        case 7:
            return f"{chance.choice(NAMES)}='{value(chance)}'".encode()
        case _:
            return f'{chance.choice(NAMES)}="{value(chance)}" {chance.choice(_WORDS)}'.encode()
