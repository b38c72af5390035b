"""Where a step is done: the incident, its log, and what the command line said."""

import shlex
from hashlib import sha256
from pathlib import Path

from msgspec import Struct

from skillconnect_ops.commands.bundles import kept
from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.respond.errors import OneWay
from skillconnect_ops.commands.respond.events import EventFacts, Happened, KeptFile
from skillconnect_ops.commands.respond.log import Log
from skillconnect_ops.commands.respond.reading import filled
from skillconnect_ops.commands.respond.standing import Incident
from skillconnect_ops.core.errors import Precondition, SkcError
from skillconnect_ops.core.plan import Subject
from skillconnect_ops.core.settings.model import Target


class EvidenceUnreadable(Precondition):
    """The file that is to be evidence cannot be read."""


class How(Struct, frozen=True, kw_only=True):
    """What the command line said of a step."""

    yes: bool = False
    confirm: str | None = None
    evidence: str | None = None
    """What a person says that it is done by: a sentence, a link."""
    file: Path | None = None
    """A file that shows it."""
    skip: str | None = None
    failed: str | None = None
    begin: bool = False
    choose: str | None = None
    out_of_order: str | None = None
    again: bool = False
    only: tuple[str, ...] = ()
    """Whom an act is about, where it names several."""

    @property
    def by_hand(self) -> bool:
        """Whether a person has done it."""
        return self.evidence is not None or self.file is not None

    def must_be_one(self) -> None:
        """A step ends in one way.

        Raises:
            OneWay: several were named.
        """
        named = {
            "--evidence": self.by_hand,
            "--skip": self.skip is not None,
            "--failed": self.failed is not None,
            "--begin": self.begin,
            "--choose": self.choose is not None,
        }
        given = [name for name, is_given in named.items() if is_given]
        if len(given) > 1:
            raise OneWay(given)


class Scene(Struct, frozen=True, kw_only=True):
    """One incident that somebody works at."""

    house: House
    log: Log
    target: Target
    incident: str

    @property
    def subject(self) -> Subject:
        """What a plan of a step is about."""
        return Subject(target=self.target.name, repository=str(self.house.project().root))

    @property
    def folder(self) -> Path:
        """Where this machine keeps the incident's files: private, and never in the repository."""
        return self.house.project().state / "incidents" / self.incident

    def write(
        self,
        happened: Happened,
        facts: EventFacts,
        *,
        holds: bool = True,
        journal: str | None = None,
    ) -> None:
        """Write a line of the log."""
        self.log.write(
            happened,
            facts,
            incident=self.incident,
            target=self.target.name,
            holds=holds,
            journal=journal,
        )

    def fresh(self) -> Incident:
        """The incident as it stands now.

        Raises:
            LookupError: its beginning is gone from the ledger.
        """
        return next(one for one in self.log.read().incidents if one.id == self.incident)

    def fill(self, text: str) -> str:
        """A text with its placeholders put in."""
        return filled(text, self.given())

    def words(self, line: str) -> tuple[str, ...]:
        """The words of a command line behind `skc`; what is put in stays one word."""
        given = self.given()
        return tuple(filled(word, given) for word in shlex.split(line)[1:])

    def given(self) -> dict[str, str]:
        """What the placeholders stand for."""
        root = self.house.project().root
        state = self.house.git.state(root)
        found = {
            "target": self.target.name,
            "incident": self.incident,
            "repository": (state.root if state is not None else root).name,
        }
        database = self.target.settings.database
        if database is not None and database.name is not None:
            found["database"] = database.name
        bundles = [
            folder
            for folder, about in kept(self.house, self.house.project().state)
            if about.done and not about.undone
        ]
        if bundles:
            found["bundle"] = str(bundles[-1])
        return found

    def kept(self, path: Path) -> KeptFile:
        """A file that a person shows, by its hash.

        Raises:
            EvidenceUnreadable: it cannot be read.
        """
        found = self.house.environment.folder / path
        try:
            data = found.read_bytes()
        except OSError as error:
            raise EvidenceUnreadable(
                f"{path} cannot be read",
                why=error.strerror or type(error).__name__,
                fix=f"ls -l {shlex.quote(str(path))}",
            ) from error
        return KeptFile(name=path.name, sha256=sha256(data).hexdigest(), size_bytes=len(data))


def said(error: SkcError) -> str:
    """An error in a line."""
    return f"{error.what}: {error.why}"
