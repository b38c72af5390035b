"""What a project's text shows of its environment variables."""

from enum import StrEnum

from msgspec import Struct


class Kind(StrEnum):
    """Which sort of reader it is."""

    JAVASCRIPT = "javascript"
    """`process.env` of JavaScript, TypeScript, Vue and Svelte."""
    BROWSER = "browser"
    """`import.meta.env`: what a bundler puts into the page."""
    PYTHON = "python"
    PRISMA = "prisma"
    COMPOSE = "compose"
    DOCKERFILE = "dockerfile"
    WORKFLOW = "workflow"
    SHELL = "shell"
    PACKAGE = "package"
    """A script of package.json."""


class Read(Struct, frozen=True, kw_only=True):
    """One place that reads one variable."""

    name: str
    path: str
    """Relative to the project's root, `/`-separated."""
    line: int
    kind: Kind
    required: bool
    """Whether this reader breaks, or says so, where the variable is absent."""
    default: str | None = None
    """The literal that is used instead; None where there is none, or it is computed."""
    checked: bool = False
    """Whether it is required by an explicit check, and not only by use without a default."""
    test: bool = False
    """Whether it stands in a test, or in a tool's configuration."""


class Given(Struct, frozen=True, kw_only=True):
    """One place outside an env file that gives a variable a value; the value is not kept."""

    name: str
    path: str
    line: int
    kind: Kind
    literal: bool
    """Whether the value stands there in the clear, and is not taken from somewhere else."""


class Unresolved(Struct, frozen=True, kw_only=True):
    """A read whose variable cannot be told from the text."""

    path: str
    line: int
    reason: str


class Unparsed(Struct, frozen=True, kw_only=True):
    """A file, or a part of one, that was not understood."""

    path: str
    reason: str


class Found(Struct, frozen=True, kw_only=True):
    """Everything that files showed, in the order of paths and lines."""

    reads: tuple[Read, ...] = ()
    given: tuple[Given, ...] = ()
    unresolved: tuple[Unresolved, ...] = ()
    unparsed: tuple[Unparsed, ...] = ()

    def __add__(self, other: "Found") -> "Found":
        return Found(
            reads=self.reads + other.reads,
            given=self.given + other.given,
            unresolved=self.unresolved + other.unresolved,
            unparsed=self.unparsed + other.unparsed,
        )
