"""Docker's patterns, above all in `.dockerignore`: what a build leaves out of its context; pure.

Source: the Dockerfile reference, .dockerignore: Go's filepath.Match and `**`, the last match wins,
`!` takes back, and what excludes a folder excludes all in it.
"""

import re
from functools import lru_cache

from msgspec import Struct


class Ignore(Struct, frozen=True):
    """The rules of one file, in order."""

    rules: tuple[str, ...] = ()

    def covers(self, path: str) -> bool:
        """Whether a path, relative to the context, is left out."""
        parts = path.split("/")
        above = ["/".join(parts[:depth]) for depth in range(1, len(parts) + 1)]
        covered = False
        for rule in self.rules:
            back = rule.startswith("!")
            pattern = _pattern(rule.removeprefix("!"))
            if any(pattern.fullmatch(each) for each in above):
                covered = not back
        return covered


def parse_ignore(text: str) -> Ignore:
    """The rules of a text; comments and blank lines are none."""
    lines = (line.strip() for line in text.lstrip("\ufeff").splitlines())
    return Ignore(tuple(line for line in lines if line and not line.startswith("#")))


_CLASS = re.compile(r"\[(\^?)([^\]\\]+)\]")


@lru_cache(maxsize=512)
def _pattern(rule: str) -> re.Pattern[str]:
    rule = rule.strip().removeprefix("/").removeprefix("./").rstrip("/")
    found, at = "", 0
    while at < len(rule):
        if rule.startswith("**/", at):
            found, at = f"{found}(?:.*/)?", at + 3
        elif rule.startswith("**", at):
            found, at = f"{found}.*", at + 2
        elif rule[at] == "[" and (told := _CLASS.match(rule, at)):
            found, at = found + f"[{told[1]}{re.escape(told[2])}]".replace(r"\-", "-"), told.end()
        else:
            found += {"*": "[^/]*", "?": "[^/]"}.get(rule[at], re.escape(rule[at]))
            at += 1
    return re.compile(found or r"(?!)", re.DOTALL)
