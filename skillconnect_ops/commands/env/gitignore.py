"""Whether `.gitignore` files keep every env file out, whatever its name and folder; pure.

Told from the rules, not tried on names: gitignore(5). The last rule that matches a file decides;
one without a slash holds in every folder; a file in a folder below comes after those above it.
"""

import re
from collections.abc import Mapping

from msgspec import Struct

from skillconnect_ops.envfile.names import ENDINGS, PREFIX, is_env_file

IGNORE = ".gitignore"
RULES = (f"{PREFIX}*", *(f"!{PREFIX}*{ending}" for ending in ENDINGS))
"""Rules of gitignore(5) without a slash hold in every folder; a later one wins."""
_EVERY = re.compile(r"(?:/?\*\*/)*\**(?:\.(?:e(?:nv?)?)?)?\*+")
"""What matches every name that begins with `.env`, in every folder."""
_ALL = re.compile(r"(?:/?\*\*/)*\*+")
"""What matches every name there is."""
_WILD = re.compile(r"(?<!\\)[*?\[\]]")


def exactly(path: str) -> str:
    """The rule at the top that covers one path and no other."""
    return "/" + re.sub(r"([\\*?\[\]]| $)", r"\\\1", path)


class Rule(Struct, frozen=True, kw_only=True):
    """One rule of one file."""

    file: str
    line: int
    text: str

    @property
    def covers_every(self) -> bool:
        """Whether it alone covers every env file in the file's folder and below."""
        return _EVERY.fullmatch(self.text) is not None

    @property
    def is_for_folders(self) -> bool:
        """Whether it is about folders alone."""
        return self.text.endswith("/")

    @property
    def lets_in(self) -> bool:
        """Whether it takes back what covers some env file; in doubt it does."""
        if not self.text.startswith("!"):
            return False
        name = self.text[1:].removesuffix("/").rpartition("/")[2]
        wild = [found.start() for found in _WILD.finditer(name)]
        if not wild:
            return is_env_file(_plain(name))
        head, tail = _plain(name[: wild[0]]), _plain(name[wild[-1] + 1 :])
        begins = head.startswith(PREFIX) or PREFIX.startswith(head)
        return begins and not tail.endswith(ENDINGS)


class Cover(Struct, frozen=True, kw_only=True):
    """All `.gitignore` files of a repository."""

    files: Mapping[str, bytes]

    @property
    def root(self) -> Mapping[str, bytes]:
        """The one at the top alone."""
        return {name: data for name, data in self.files.items() if name == IGNORE}

    @property
    def is_whole(self) -> bool:
        """Whether the one at the top covers every env file, and takes none of them back."""
        rules = _rules(IGNORE, self.files.get(IGNORE, b""))
        return any(rule.covers_every for rule in rules) and not _openings(rules)

    @property
    def openings(self) -> tuple[Rule, ...]:
        """The rules in folders below that let some env file in, whatever stands at the top."""
        below = (name for name in self.files if name != IGNORE)
        return tuple(each for name in below for each in _openings(_rules(name, self.files[name])))


def _openings(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    """Those that let an env file in, and that no later one of the same file covers again."""
    covering = [place for place, rule in enumerate(rules) if rule.covers_every]
    # a folder that is taken back brings in nothing where every file is covered by itself
    by_itself = any(_ALL.fullmatch(rule.text) for rule in rules)
    return tuple(
        rule
        for rule in rules[(covering or [0])[-1] :]
        if rule.lets_in and not (by_itself and rule.is_for_folders)
    )


def _rules(file: str, data: bytes) -> tuple[Rule, ...]:
    text = data.decode("utf-8-sig", errors="surrogateescape")
    lines = enumerate((line.removesuffix("\r") for line in text.split("\n")), start=1)
    stripped = ((number, re.sub(r"(?<!\\) +$", "", line)) for number, line in lines)
    return tuple(
        Rule(file=file, line=number, text=line)
        for number, line in stripped
        if line and not line.startswith("#")
    )


def _plain(pattern: str) -> str:
    return re.sub(r"\\(.)", r"\1", pattern)
