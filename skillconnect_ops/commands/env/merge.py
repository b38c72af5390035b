"""The old example and what is wanted -> the new one, and in what the old one is behind; pure.

What a person wrote stays: order, comments, values that are no secret, variables that nothing reads.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import unified_diff

from msgspec import Struct

from skillconnect_ops.commands.env.describe import Variable, leaks
from skillconnect_ops.commands.env.registry import Registry
from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.resources import filled, template
from skillconnect_ops.envfile import Entry, parse

_TOLD = re.compile(r"# (required|optional(?:, .+ by default)?) · .+")
_COMMENTED = re.compile(r"#\s?([A-Z][A-Z0-9_]+)=(.*)")


class Difference(Struct, frozen=True, kw_only=True):
    """One thing in which an example is behind."""

    id: str
    severity: Severity
    name: str
    line: int | None
    says: str


class Part(Struct, frozen=True):
    """Some lines of an old example: an assignment, or whatever stands between two."""

    lines: tuple[str, ...]
    first_line: int
    entry: Entry | None = None
    told: str | None = None
    """The line that an earlier run wrote above the assignment."""

    @property
    def commented(self) -> re.Match[str] | None:
        """The assignment that is commented out, if it is one."""
        alone = self.entry is None and len(self.lines) == 1
        return _COMMENTED.fullmatch(self.lines[0]) if alone else None

    @property
    def name(self) -> str | None:
        """The variable that it documents."""
        if self.entry is not None:
            return self.entry.key
        return self.commented[1] if self.commented else None


class Merge:
    """Brings one example up to date."""

    def __init__(
        self, old: bytes | None, variables: Sequence[Variable], registry: Registry
    ) -> None:
        self._old = old
        self._text = (old or b"").decode("utf-8-sig", errors="replace").replace("\r\n", "\n")
        self._variables: Mapping[str, Variable] = {each.name: each for each in variables}
        self._registry = registry
        self._parts = tuple(_parts(self._text))

    @property
    def documented(self) -> frozenset[str]:
        """The names that the old example documents."""
        return frozenset(part.name for part in self._parts if part.name is not None)

    def text(self, *, comments: bool, beside: str) -> str:
        """The new example.

        Args:
            comments: whether each variable is explained.
            beside: the env file that it is the example of.
        """
        if self._old is None or not self._text.strip():
            return _rendered(tuple(self._variables.values()), comments=comments, beside=beside)
        renewed = self._renewed if comments else self._bare
        lines = [line for part in self._parts for line in renewed(part)]
        text = "\n".join(lines).rstrip("\n") + "\n"
        new = self._missing()
        if new:
            gap = "\n" if comments else ""
            text += gap + _rendered(new, comments=comments, beside=None)
        return text.replace("\n", "\r\n") if b"\r\n" in (self._old or b"") else text

    def differences(self) -> Iterator[Difference]:
        """In what the old example is behind; line numbers in comments do not count."""
        for each in self._missing():
            yield Difference(
                id="variable-undocumented",
                severity=Severity.LOW,
                name=each.name,
                line=None,
                says=f"{each.name} is not in the example ({each.told})",
            )
        for part in self._parts:
            yield from self._behind(part)

    def diff(self, new: str) -> str:
        """What changes, without the diff's head; a secret on the old side is masked."""
        parts = "\n".join(line for part in self._parts for line in self._masked(part))
        found = unified_diff(
            parts.splitlines(), new.replace("\r\n", "\n").splitlines(), n=0, lineterm=""
        )
        return "\n".join(line for line in found if not line.startswith(("---", "+++", "@@")))

    def _missing(self) -> tuple[Variable, ...]:
        return tuple(each for each in self._variables.values() if each.name not in self.documented)

    def _behind(self, part: Part) -> Iterator[Difference]:
        if part.name is None:
            return
        if self._leaks(part):
            yield Difference(
                id="example-holds-secret",
                severity=Severity.HIGH,
                name=part.name,
                line=part.first_line,
                says=f"what stands for {part.name} in the example looks like a secret",
            )
        variable = self._variables.get(part.name)
        if variable is None or part.told is None:
            return
        before = _need(part.told)
        if before != variable.need:
            yield Difference(
                id="requirement-changed",
                severity=Severity.LOW,
                name=part.name,
                line=part.first_line,
                says=f"the example calls {part.name} {before}; the code has it {variable.need}",
            )

    def _renewed(self, part: Part) -> Iterator[str]:
        """A part with all that a person wrote, and what is said of its variable."""
        variable = self._variables.get(part.name) if part.name is not None else None
        if part.entry is not None:
            if variable is not None:
                yield f"# {variable.told}"
            elif part.told is not None:
                yield part.told
        placeholder = self._placeholder(part)
        if placeholder is None:
            yield from part.lines
        elif part.entry is not None:
            yield f"{'export ' if part.entry.export else ''}{part.name}={placeholder}"
        else:
            yield f"# {part.name}={placeholder}"

    def _bare(self, part: Part) -> Iterator[str]:
        """The assignment alone; one that is commented out counts where its variable is wanted."""
        variable = self._variables.get(part.name) if part.name is not None else None
        placeholder = self._placeholder(part)
        if part.entry is not None:
            written = part.entry.written.decode("utf-8", errors="replace")
            export = "export " if part.entry.export else ""
            yield f"{export}{part.name}={written if placeholder is None else placeholder}"
        elif variable is not None:
            there = any(each.entry and each.name == part.name for each in self._parts)
            if not there:
                yield f"{part.name}={variable.placeholder}"

    def _masked(self, part: Part) -> Iterator[str]:
        if part.told is not None:
            yield part.told
        if self._leaks(part):
            yield f"{part.name}=***"
        else:
            yield from part.lines

    def _placeholder(self, part: Part) -> str | None:
        """What to put in a secret's place; None where the old lines may stay."""
        if part.name is None or not self._leaks(part):
            return None
        variable = self._variables.get(part.name)
        if variable is not None:
            return variable.placeholder
        return self._registry.placeholder(part.name) or "[value]"

    def _leaks(self, part: Part) -> bool:
        if part.name is None:
            return False
        value = part.entry.value if part.entry is not None else (part.commented or ("", "", ""))[2]
        return leaks(part.name, value or "", self._registry)


def _parts(text: str) -> Iterator[Part]:
    lines = text.split("\n")
    at = 0
    for entry in parse(text.encode()).entries:
        start = entry.line - 1
        told = start - 1 if start - 1 >= at and _TOLD.fullmatch(lines[start - 1]) else None
        for number in range(at, start if told is None else told):
            yield Part((lines[number],), number + 1)
        end = start + entry.raw.decode(errors="replace").rstrip("\r\n").count("\n") + 1
        above = None if told is None else lines[told]
        yield Part(tuple(lines[start:end]), start + 1, entry, above)
        at = end
    for number in range(at, len(lines)):
        yield Part((lines[number],), number + 1)


def _need(told: str) -> str:
    found = _TOLD.fullmatch(told)
    return found[1] if found else ""


def _rendered(variables: Sequence[Variable], *, comments: bool, beside: str | None) -> str:
    about = {"variables": variables, "comments": comments, "beside": beside}
    text = filled(template("env/example.j2"), about)
    return text.rstrip("\n") + "\n" if variables else ""
