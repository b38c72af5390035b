"""How a domain declares its commands: a group with a bare verb, and what every command is given.

Typer swallows subcommands when a group takes arguments, so the class here decides: the first token
is a subcommand if it equals one, else everything belongs to the bare verb. A subcommand may be a
group itself (`skc secrets ledger add`); the same rule holds on each level.
"""

import inspect
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

import typer
from msgspec import Struct
from typer.core import TyperCommand, TyperGroup

from skillconnect_ops.core.report import Report
from skillconnect_ops.terminal.help import command_page, group_page, path_of
from skillconnect_ops.terminal.options import (
    FindingsFormat,
    FindingsIn,
    Format,
    PageFormat,
    PlainFormat,
    ReportFile,
    ReportFormat,
    TablesFormat,
    TablesIn,
)
from skillconnect_ops.terminal.outfile import ensure_writable
from skillconnect_ops.terminal.untyped import spare_pydantic
from skillconnect_ops.terminal.usage import NoSuchCommand

BARE = "(bare)"
Run = TypeVar("Run", bound=Callable[..., Report])


class HelpAsked(Exception):
    """`--help` was typed: no error, but nothing else is to be done."""

    def __init__(self, page: str) -> None:
        super().__init__("help")
        self.page = page


class Call:
    """One command line on its way through the parser: what it named, how it wants its report."""

    def __init__(self, house: object) -> None:
        self.house = house
        self.command = ""
        self.format = Format.TABLE
        self.out: Path | None = None
        self.target: str | None = None
        """The target that was named; what comes next is about the same one."""

    def begin(self, command: str, *, report_format: Format, out: Path | None) -> None:
        """Note what was asked for.

        Raises:
            Precondition: the report could not be written to `out`.
        """
        self.command = command
        self.format = report_format
        if out is not None:
            self.out = ensure_writable(out)


class Verb(Struct, frozen=True, kw_only=True):
    """One command as declared: the function behind it, and examples that the help shows."""

    run: Callable[..., Report]
    examples: tuple[str, ...] = ()
    findings: bool = False
    """Whether its report's findings can be written in the formats that CI systems read."""
    markdown: bool = False
    """Whether its tables can be written for a page of Markdown."""
    page: bool = False
    """Whether it makes a page of its own, which HTML can hold, too."""

    @property
    def help(self) -> str:
        """The function's docstring, without the sections that are for programmers."""
        text = inspect.getdoc(self.run) or ""
        for section in ("Args:", "Raises:", "Returns:"):
            text = text.partition(f"\n{section}")[0]
        return text.strip()


class Group:
    """The commands of one name: `skc NAME` (the bare verb) and `skc NAME SUBCOMMAND`."""

    def __init__(self, name: str, *, about: str = "") -> None:
        """Begin a group.

        Args:
            name: the word that names it.
            about: what its help says where no bare verb speaks for it; begins with a summary line.
        """
        self.name = name
        self.about = about
        self.verbs: dict[str, Verb] = {}
        self.groups: dict[str, Group] = {}

    def bare(self, *, examples: Sequence[str], markdown: bool = False) -> Callable[[Run], Run]:
        """Declare what `skc NAME` does."""
        return self.command(BARE, examples=examples, markdown=markdown)

    def command(
        self,
        name: str,
        *,
        examples: Sequence[str],
        findings: bool = False,
        markdown: bool = False,
        page: bool = False,
    ) -> Callable[[Run], Run]:
        """Declare what `skc NAME SUBCOMMAND` does.

        Args:
            name: the subcommand.
            examples: command lines for its help.
            findings: whether it reports findings, which more formats can hold.
            markdown: whether its tables can be written for a page of Markdown.
            page: whether it makes a page of its own, which HTML can hold, too.
        """

        def declare(run: Run) -> Run:
            if name in self.verbs or name in self.groups:
                raise ValueError(f"{self.name} {name} is declared twice")
            self.verbs[name] = Verb(
                run=run,
                examples=tuple(examples),
                findings=findings,
                markdown=markdown,
                page=page,
            )
            return run

        return declare

    def group(self, name: str, *, about: str) -> "Group":
        """Declare that `skc NAME SUBCOMMAND` has subcommands of its own; gives that group.

        Raises:
            ValueError: the word names a command already.
        """
        if name in self.verbs or name in self.groups:
            raise ValueError(f"{self.name} {name} is declared twice")
        self.groups[name] = Group(name, about=about)
        return self.groups[name]

    @property
    def summary(self) -> str:
        """The first line of what the bare verb, or else the group itself, says of it."""
        bare = self.verbs.get(BARE)
        return (bare.help if bare else self.about).partition("\n")[0]

    def build(self, *, summary: str | None = None) -> TyperCommand | TyperGroup:
        """The parser of these commands; `summary` speaks for a group without a bare verb."""
        app = typer.Typer(
            name=self.name,
            cls=CommandGroup,
            help=self.about or summary or self.summary,
            add_completion=False,
            rich_markup_mode=None,
            pretty_exceptions_enable=False,
        )
        for name, verb in self.verbs.items():
            alone = name == BARE and len(self.verbs) == 1 and not self.groups
            app.command(
                self.name if alone else name,
                cls=Command,
                help=verb.help,
                epilog="\n".join(verb.examples),
                hidden=name == BARE and not alone,
            )(_with_house(verb))
        if set(self.verbs) != {BARE} or self.groups:
            app.callback()(_nothing)
        built = typer.main.get_command(app)
        if not isinstance(built, TyperCommand | TyperGroup):
            raise TypeError(f"typer built {type(built).__name__} for {self.name}")
        for command in built.commands.values() if isinstance(built, TyperGroup) else (built,):
            spare_pydantic(command.params)
        if isinstance(built, TyperGroup):
            built.commands.update({name: group.build() for name, group in self.groups.items()})
        return built


class Command(TyperCommand):
    """A command whose help page is ours."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """As the parser does; of some complaints it does not say which command they are about."""
        try:
            return super().parse_args(ctx, self._with_empty(args))
        except typer.TyperException as error:
            if getattr(error, "ctx", None) is None:
                error.ctx = ctx  # type: ignore[attr-defined]
            raise

    def _with_empty(self, args: list[str]) -> list[str]:
        """An option whose value may be left out (`[REV]`) has an empty one where it stands alone.

        Typer itself asks for a value in any case.
        """
        alone = {
            name
            for param in self.params
            if str(getattr(param, "metavar", None) or "").startswith("[")
            for name in param.opts
            if name.startswith("--")
        }
        end = args.index("--") if "--" in args else len(args)
        return [
            f"{word}="
            if word in alone and at < end and (at + 1 >= end or args[at + 1].startswith("-"))
            else word
            for at, word in enumerate(args)
        ]

    def get_help_option(self, ctx: Any) -> Any:
        """`--help`, raising `HelpAsked` instead of printing."""
        return _raising(super().get_help_option(ctx))

    def get_help(self, ctx: Any) -> str:
        """The whole page."""
        return command_page(self, ctx, group=_group_of(self, ctx))

    def shell_complete(self, ctx: Any, incomplete: str) -> Any:
        """The options; for a bare verb that stands alone so far, the subcommands, too."""
        found = super().shell_complete(ctx, incomplete)
        group = _group_of(self, ctx)
        if group is None or ctx.args or any(given(ctx, name) for name in ctx.params):
            return found
        return [*group.shell_complete(ctx.parent, incomplete), *found]


class CommandGroup(TyperGroup):
    """A group that hands whatever is no subcommand to its bare verb."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the bare verb's hidden name in front where no subcommand is named."""
        if BARE in self.commands and not self.names(args):
            args = [BARE, *args]
        elif not args and not ctx.resilient_parsing:
            raise HelpAsked(self.get_help(ctx))
        return super().parse_args(ctx, args)

    def names(self, args: Sequence[str]) -> bool:
        """Whether the first token is one of the subcommands."""
        return bool(args) and args[0] != BARE and args[0] in self.commands

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that the first token names; the bare verb has no name of its own.

        Raises:
            NoSuchCommand: there is none of that name.
        """
        if args[0] == BARE and BARE in self.commands:
            return None, self.commands[BARE], args[1:]
        if args[0] not in self.commands and not ctx.resilient_parsing:
            raise NoSuchCommand(args[0], known=self.commands, under=" ".join(path_of(ctx)))
        return super().resolve_command(ctx, args)

    def get_help_option(self, ctx: Any) -> Any:
        """`--help`, raising `HelpAsked` instead of printing."""
        return _raising(super().get_help_option(ctx))

    def get_help(self, ctx: Any) -> str:
        """The whole page."""
        return group_page(self, ctx)


def given(ctx: Any, name: str) -> bool:
    """Whether a parameter was typed on the command line."""
    source = ctx.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def command_name(ctx: Any) -> str:
    """`backup list`: the words that name a context's command, without `skc`."""
    return " ".join(path_of(ctx)[1:])


def _group_of(command: TyperCommand, ctx: Any) -> CommandGroup | None:
    """The group whose bare verb this command is."""
    parent = ctx.parent.command if ctx.parent is not None else None
    if isinstance(parent, CommandGroup) and parent.commands.get(BARE) is command:
        return parent
    return None


def _raising(option: Any) -> Any:
    if option is not None:
        option.callback = _ask_help
        option.help = "Show this page."
        spare_pydantic((option,))
    return option


def _ask_help(ctx: Any, param: Any, value: bool) -> None:  # noqa: ARG001, FBT001 - typer's call
    if value and not ctx.resilient_parsing:
        raise HelpAsked(ctx.get_help())


def _nothing() -> None:
    """A callback is what tells Typer that one subcommand alone is a group, too."""


def _with_house(verb: Verb) -> Callable[..., Report]:
    """The function as Typer is to see it: the house comes from the context, not from argv.

    `--format` and `--out` are added, and looked at before the command begins.
    """
    run = verb.run

    def called(
        ctx: typer.Context, report_format: StrEnum, report_file: Path | None, **own: Any
    ) -> Report:
        call: Call = ctx.obj
        asked = Format(report_format.value)
        call.target = own.get("target")
        call.begin(command_name(ctx), report_format=asked, out=report_file)
        return run(call.house, **own)

    _house, *own = inspect.signature(run, eval_str=True).parameters.values()
    only = inspect.Parameter.KEYWORD_ONLY
    added = (
        inspect.Parameter("ctx", only, annotation=typer.Context),
        *(parameter.replace(kind=only) for parameter in own),
        _format_parameter(verb),
        inspect.Parameter("report_file", only, annotation=ReportFile, default=None),
    )
    called.__name__ = run.__name__
    called.__annotations__ = {parameter.name: parameter.annotation for parameter in added}
    called.__signature__ = inspect.Signature(added)  # type: ignore[attr-defined]
    return called


def _format_parameter(verb: Verb) -> inspect.Parameter:
    """`--format`, with as many formats as the command's report fits into."""
    annotation: object
    default: StrEnum
    if verb.page:
        annotation, default = PageFormat, Format.TABLE
    elif verb.findings:
        annotation, default = FindingsFormat, FindingsIn.TABLE
    elif verb.markdown:
        annotation, default = TablesIn, TablesFormat.TABLE
    else:
        annotation, default = ReportFormat, PlainFormat.TABLE
    return inspect.Parameter(
        "report_format", inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default
    )
