"""The nouns of `checklists.yaml`: what is to be, why, and what proves it.

There is no word for "done" here. What an item's state is follows from the evidence (`standing`).
"""

import hashlib
from collections.abc import Iterator
from enum import StrEnum
from typing import ClassVar

import msgspec
from msgspec import Struct

FILE = "checklists.yaml"
MOST_DAYS = 90
"""So long a person's word counts, and a waiver, at most."""
Scalar = str | int | bool
"""What a fact can be compared with."""


class Scope(StrEnum):
    """What a proof is about."""

    PROJECT = "project"
    """The code and settings: it holds for the revision that was looked at."""
    TARGET = "target"
    """One target at one cluster: what holds there says nothing of any other."""


class Probe(StrEnum):
    """A harmless request to a running app, and what its answer must be like."""

    HEALTHY = "healthy"
    HEADERS = "headers"
    CORS_CLOSED = "cors-closed"
    HTTPS = "https"
    ERRORS_QUIET = "errors-quiet"
    LIMITS_TOLD = "limits-told"


class Means(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that proves an item, of one kind; an item needs all of its own."""

    machine: ClassVar[bool] = True
    """Whether skc looks itself, rather than take somebody's word."""
    acts: ClassVar[bool] = False
    """Whether the records of other commands' acts are what counts."""
    of_code: ClassVar[bool] = False
    """Whether it is about files of the repository, and so about one revision of them."""
    within: str = "7d"
    """How long what was seen counts."""
    subject: Scope = Scope.PROJECT

    @property
    def kind(self) -> str:
        """The word that names the kind in the file."""
        return str(self.__struct_config__.tag)

    @property
    def digest(self) -> str:
        """What records name this proof by: another definition is another proof."""
        made = {"kind": self.kind, **msgspec.to_builtins(self)}
        return hashlib.sha256(msgspec.json.encode(made, order="sorted")).hexdigest()

    @property
    def bound(self) -> bool:
        """Whether what was seen counts for the revision alone that it was seen in."""
        return self.of_code

    def says(self) -> str:
        """What it is, in a few words."""
        return self.kind


class ByAudit(Means, frozen=True, kw_only=True, tag="audit"):
    """Checks of `skc audit` pass."""

    of_code: ClassVar[bool] = True
    audit: tuple[str, ...]

    def says(self) -> str:
        """What it is, in a few words."""
        return f"audit: {', '.join(self.audit)}"


class ByEvidence(Means, frozen=True, kw_only=True, tag="evidence"):
    """The newest record that an act of a command has left holds."""

    acts: ClassVar[bool] = True
    evidence: str
    where: dict[str, Scalar] = {}
    """Which records are meant: by parts of their subject, or facts."""
    facts: dict[str, Scalar] = {}
    """What they must say besides; one that says otherwise does not hold."""
    by: tuple[str, ...] | None = None
    """Parts of the subject that tell apart what is judged each for itself; all, by default."""
    within: str = "30d"
    subject: Scope = Scope.TARGET

    def says(self) -> str:
        """What it is, in a few words."""
        return f"evidence: {self.evidence}"


class ByCommand(Means, frozen=True, kw_only=True, tag="command"):
    """A command of skc that only looks ends well."""

    command: tuple[str, ...]

    @property
    def bound(self) -> bool:
        """Of a target it tells something that no commit changes."""
        return self.subject is Scope.PROJECT

    def says(self) -> str:
        """What it is, in a few words."""
        return f"skc {' '.join(self.command)}"


class ByFile(Means, frozen=True, kw_only=True, tag="file"):
    """A file is in git, and says something."""

    of_code: ClassVar[bool] = True
    file: str
    """A glob below the project's root."""
    key: str | None = None
    """A place in its YAML or JSON, `*` for any name: `jobs.*.steps.*.run`."""
    has: str | None = None
    """A regular expression: for the value at `key`, or for a line that is no comment."""

    def says(self) -> str:
        """What it is, in a few words."""
        return " ".join(part for part in (f"file: {self.file}", self.key) if part)


class ByHttp(Means, frozen=True, kw_only=True, tag="http"):
    """A running app answers a harmless request as it should."""

    http: Probe
    within: str = "1d"
    subject: Scope = Scope.TARGET

    def says(self) -> str:
        """What it is, in a few words."""
        return f"http: {self.http.value}"


class BySetting(Means, frozen=True, kw_only=True, tag="setting"):
    """Something is set in `skc.yaml`."""

    of_code: ClassVar[bool] = True
    setting: str
    """Names with dots between; of a target, from its own settings on."""

    def says(self) -> str:
        """What it is, in a few words."""
        return f"skc.yaml: {self.setting}"


class ByPerson(Means, frozen=True, kw_only=True, tag="person"):
    """Somebody whose key is listed says so, since no machine can know."""

    machine: ClassVar[bool] = False
    person: str
    """What is to be said."""
    within: str = f"{MOST_DAYS}d"
    subject: Scope = Scope.TARGET

    def says(self) -> str:
        """What it is, in a few words."""
        return "a person's word"


AnyMeans = ByAudit | ByEvidence | ByCommand | ByFile | ByHttp | BySetting | ByPerson


class Item(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of a checklist."""

    text: str
    """In the plan's own words."""
    why: str = ""
    references: tuple[str, ...] = ()
    weight: int = 1
    must: bool = False
    """Whether nobody can waive it."""
    proof: tuple[AnyMeans, ...] = ()
    """All of it is needed."""
    same_as: str | None = None
    """`GROUP/ITEM`: it is that one, under another name."""

    @property
    def scope(self) -> Scope:
        """A target's, as soon as one of its proofs is."""
        of_target = any(one.subject is Scope.TARGET for one in self.proof)
        return Scope.TARGET if of_target else Scope.PROJECT


class Group(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A checklist with a title."""

    title: str
    items: dict[str, Item]


class Checklists(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file."""

    version: int
    groups: dict[str, Group]

    def named(self) -> Iterator[tuple[str, str, Item]]:
        """Each item with its group's name and its own whole one: `security/rate-limiting`."""
        for group, inside in self.groups.items():
            for name, item in inside.items.items():
                yield group, f"{group}/{name}", item

    def own(self, name: str) -> Item:
        """The item of a whole name, as it stands there."""
        group, _, short = name.partition("/")
        return self.groups[group].items[short]

    def item(self, name: str) -> Item:
        """The item of a whole name; of one that is another's, that one."""
        found = self.own(name)
        return found if found.same_as is None else self.own(found.same_as)

    def means(self) -> tuple[AnyMeans, ...]:
        """All that proves anything, once each."""
        found = {one.digest: one for _, _, item in self.named() for one in item.proof}
        return tuple(found.values())
