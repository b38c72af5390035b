"""The top of the command line: `skc` itself, which loads a domain only when its name is typed."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer
from msgspec import Struct
from typer.core import TyperCommand, TyperGroup

from skillconnect_ops.terminal.group import HelpAsked
from skillconnect_ops.terminal.help import page, section
from skillconnect_ops.terminal.untyped import spare_pydantic
from skillconnect_ops.terminal.usage import NoSuchCommand

PROGRAM = "skc"
_COMPLETES = "_SKC_COMPLETE"
_ABOUT = "Takes a web app from leaked to locked down. What it can do so far:"
_EXITS = (
    "exit codes: 0 done, 1 bug, 2 usage, 3 refused, 4 precondition (3, 4: untouched),\n"
    "5 failed and put back, 6 needs a person, 10-13 findings, low to critical,\n"
    "14 incomplete, 130 and 143 interrupted and put back"
)


class Entry(Struct, frozen=True):
    """A top-level command: the module is imported when the command is typed."""

    name: str
    summary: str
    module: str


class Section(Struct, frozen=True):
    """Commands that stand together in `skc --help`."""

    title: str
    entries: tuple[Entry, ...]


Load = Callable[[Entry], TyperCommand | TyperGroup]


class Front(TyperGroup):
    """The top-level group. The commands it holds are names and summaries only."""

    def __init__(self, sections: Sequence[Section], load: Load) -> None:
        self._sections = tuple(sections)
        self._entries = {entry.name: entry for part in sections for entry in part.entries}
        self._load = load
        super().__init__(
            name=PROGRAM,
            commands={
                entry.name: TyperCommand(entry.name, help=entry.summary)
                for entry in self._entries.values()
            },
            params=_own_options(),
            rich_markup_mode=None,
        )

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """`skc` alone asks for help."""
        if not args and not ctx.resilient_parsing:
            raise HelpAsked(self.get_help(ctx))
        return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Load the command that was named.

        Raises:
            NoSuchCommand: there is none of that name.
        """
        entry = self._entries.get(args[0])
        if entry is None:
            if ctx.resilient_parsing:
                return None, None, args[1:]
            raise NoSuchCommand(args[0], known=self._entries)
        return entry.name, self._load(entry), args[1:]

    def get_help_option(self, ctx: Any) -> Any:
        """`--help`, raising `HelpAsked` instead of printing."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.callback = _ask_help
            option.help = "Show this page."
            spare_pydantic((option,))
        return option

    def get_help(self, ctx: Any) -> str:
        """The page of all commands, by section."""
        widest = max((len(name) for name in self._entries), default=0)
        options = [
            record for param in self.get_params(ctx) if (record := param.get_help_record(ctx))
        ]
        return page(
            f"usage: {PROGRAM} COMMAND …",
            _ABOUT,
            *(
                section(part.title, [(entry.name, entry.summary) for entry in part.entries], widest)
                for part in self._sections
                if part.entries
            ),
            section("options", options),
            _EXITS,
            f"`{PROGRAM} COMMAND --help` tells more.",
        )


def complete(front: Front) -> int:
    """Answer a shell that asks how a command line may go on."""
    try:
        front.main(prog_name=PROGRAM, complete_var=_COMPLETES)
    except SystemExit as done:
        return int(done.code or 0)
    return 0


def completes(get: Callable[[str], str | None]) -> bool:
    """Whether a shell asks for completions, by its variable in the environment."""
    return get(_COMPLETES) is not None


def _own_options() -> list[Any]:
    """`--version` and the two for completion, made by Typer as for any other app."""
    app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
    app.callback()(_options)
    parameters = list(typer.main.get_command(app).params)
    spare_pydantic(parameters)
    return parameters


def _options(
    *,
    show_version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=lambda ctx, value: _ask_version(value=value and not ctx.resilient_parsing),
            is_eager=True,
            help="Show the version.",
        ),
    ] = False,
) -> None:
    """The options of `skc` itself."""


def _ask_version(*, value: bool) -> None:
    if value:
        from importlib.metadata import version  # noqa: PLC0415 - slow, and seldom asked for

        raise HelpAsked(f"{PROGRAM} {version('skillconnect-ops')}")


def _ask_help(ctx: Any, param: Any, value: bool) -> None:  # noqa: ARG001, FBT001 - typer's call
    if value and not ctx.resilient_parsing:
        raise HelpAsked(ctx.get_help())
