"""The nouns of runbooks, as their YAML has them."""

from enum import StrEnum

from msgspec import Struct

from skillconnect_ops.core.finding import Severity


class Station(StrEnum):
    """Where a step stands in the order that must not be turned round; each comes after those above.

    Evidence that was not kept before the first change is gone. A value that is rotated while a
    stranger's own user stays is rotated for nothing. A backup from before the leak is contained may
    hold what the stranger wrote. History that is scrubbed while a value works hides what works.
    """

    EVIDENCE = "evidence"
    CONTAIN = "contain"
    ROTATE = "rotate"
    SESSIONS = "sessions"
    DEAD = "dead"
    BACKUP = "backup"
    SCRUB = "scrub"

    @property
    def place(self) -> int:
        """Its place in the order, from 0."""
        return tuple(Station).index(self)


class Need(StrEnum):
    """What a step cannot do without; each is looked at when an incident is started."""

    ADMIN = "mongodb-admin"
    """Somebody who may manage the users of the target's deployment."""
    CONNECTIONS = "mongodb-connections"
    """The right to see, and end, the connections of others."""
    REDIS = "redis-admin"
    """Somebody who may manage the users of the target's Redis."""
    ATLAS = "atlas-key"
    """The Atlas project's key; of no concern where the target is not at Atlas."""
    REPOSITORY = "git-repository"
    """A whole clone, no shallow one."""
    ENV_FILES = "env-files"
    """The target's env files, which we may read and write."""
    BACKUPS = "backup-folder"
    """The place for backups, with space in it."""
    SERVER = "throw-away-server"
    """A `mongod` of ours, to restore a backup into."""
    SIGNER = "listed-signer"
    """This machine's key in `.skc/allowed_signers`: else all that is logged is a claim."""
    NOTIFY = "notify-command"
    """Commands below `notify` in skc.yaml, agreed to on this machine."""
    RELEASES = "release-commands"
    """Commands below `releases` of the target, agreed to on this machine."""
    HEALTH = "health-address"
    """The health address of at least one consumer."""


class Option(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One answer to a decision."""

    id: str
    title: str
    skips: tuple[str, ...] = ()
    """The steps that are not needed when it is chosen."""


class Decision(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person, and nobody else, can say."""

    question: str
    options: tuple[Option, ...]


class RunbookStep(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step."""

    id: str
    title: str
    why: str
    closes: str
    """What evidence closes it, in a sentence."""
    station: Station | None = None
    after: tuple[str, ...] = ()
    """Steps that must be closed before it."""
    needs: tuple[Need, ...] = ()
    auto: tuple[str, ...] = ()
    """Command lines of skc, or names of built-in acts, run one after the other."""
    accepts: Severity | None = None
    """Its commands look for something: the worst that they may find, and the step is done."""
    confirm: str | None = None
    """What a person has to type before the automatic way is taken: the name of what it destroys."""
    manual: tuple[str, ...] = ()
    """What a person does instead; there always is such a way."""
    decision: Decision | None = None


class Phase(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Steps with one clock, which runs from the incident's start."""

    id: str
    title: str
    within: str
    steps: tuple[RunbookStep, ...]


class Runbook(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole runbook."""

    version: int
    id: str
    title: str
    about: str
    phases: tuple[Phase, ...]

    @property
    def steps(self) -> tuple[RunbookStep, ...]:
        """All steps, in order."""
        return tuple(step for phase in self.phases for step in phase.steps)

    def step(self, name: str) -> RunbookStep | None:
        """The step of an id."""
        return next((step for step in self.steps if step.id == name), None)


ACTS = {
    "keep-evidence": "write down users, connections, access lists and env digests as they are",
    "contain": "close the access list, name users and connections that nobody knows",
    "disarm": "take the rights from users that nobody knows, and end their connections",
    "prove-dead": "look up that every secret was renewed, and that its old value is refused",
    "who-was-read": "say which logs to read, and write the query for the people affected",
    "notify": "tell the team, and write the texts for those who must be told",
    "test-alert": "fire a test alert, and wait until a person says that it came",
    "health": "ask every consumer's health answer",
    "proven-release": "find the last release that was proven, with its secrets and indexes",
    "roll-back": "have the team's own command roll back to the last proven release",
}
"""What skc does itself where it has no command for it."""
PLACEHOLDERS = ("target", "incident", "repository", "database", "bundle")
"""What command lines, confirmations and texts may have in braces."""
