"""Help pages: short, aligned, 80 columns, the same shape for every command."""

import re
from textwrap import fill
from typing import TYPE_CHECKING, Any

from typer.core import TyperCommand, TyperGroup

from skillconnect_ops.core.regex import regex
from skillconnect_ops.terminal.options import COMMON, EVERYWHERE

if TYPE_CHECKING:
    from collections.abc import Iterable

WIDTH = 80
_MOST = 26
_EXTRA = regex(
    r"\[(?:default: (?P<default>[^;\]]+))?(?:; )?"
    r"(?:(?P<low>-?[\d.]+)<=x<=(?P<high>[\d.]+)|x>=(?P<least>-?[\d.]+))?\]$"
)
_SEVERAL = regex(r"list\[(?P<one>[^\[\]]*)\]")
Row = tuple[str, str]


def command_page(command: TyperCommand, ctx: Any, *, group: TyperGroup | None) -> str:
    """The page of one command; of a bare verb with the subcommands of its group."""
    rows: dict[str, list[Row]] = {
        "arguments": [],
        "options": [],
        "common options": [],
        "output": [],
    }
    for param in command.get_params(ctx):
        record = param.get_help_record(ctx)
        if record is not None:
            rows[_section(param)].append((_name(param, record[0]), _told(record[1])))
    usage = " ".join((*path_of(ctx), "[options]", *_operands(command, ctx)))
    head = [f"usage: {usage}"]
    if group is not None:
        head.append(f"       {' '.join(path_of(ctx))} SUBCOMMAND …")
    return page(
        "\n".join(head),
        *prose(command.help or ""),
        *([section("subcommands", subcommands(group))] if group is not None else []),
        *(section(title, of_title) for title, of_title in rows.items() if of_title),
        *examples(command.epilog),
    )


def group_page(group: TyperGroup, ctx: Any) -> str:
    """The page of a group that has no bare verb."""
    path = " ".join(path_of(ctx))
    return page(
        f"usage: {path} SUBCOMMAND …",
        *prose(group.help or ""),
        section("subcommands", subcommands(group)),
        f"`{path} SUBCOMMAND --help` tells more.",
    )


def _told(text: str) -> str:
    """A help text with the parser's `[default: 1; 1<=x<=19]` as a person says it."""
    return _EXTRA.sub(_extra, text)


def _extra(found: "re.Match[str]") -> str:
    low, high = found["low"] or found["least"], found["high"]
    told = f"{low} to {high}" if high else f"at least {low}" if low not in {None, "0"} else ""
    default = f"by default {found['default']}" if found["default"] else ""
    said = ", ".join(part for part in (told, default) if part)
    return f"({said})" if said else ""


def path_of(ctx: Any) -> list[str]:
    """The words that name a context's command; those of operands are no names."""
    words = [*path_of(ctx.parent)] if ctx.parent is not None else []
    return [*words, ctx.info_name] if ctx.info_name else words


def subcommands(group: TyperGroup) -> list[Row]:
    """Names and summaries of what is not hidden."""
    return [
        (name, first_line(command.help or ""))
        for name, command in group.commands.items()
        if not command.hidden
    ]


def page(*parts: str) -> str:
    """Parts with an empty line between them."""
    return "\n\n".join(part for part in parts if part)


def section(title: str, rows: "Iterable[Row]", widest: int = 0) -> str:
    """A title and its rows, names aligned (as for one of `widest`), texts wrapped beside them."""
    rows = list(rows)
    column = 4 + max((len(name) for name, _ in rows if len(name) <= _MOST), default=0)
    column = max(column, 4 + widest)
    lines = [f"{title}:"]
    for name, text in rows:
        body = fill(
            " ".join(text.split()),
            WIDTH,
            initial_indent=" " * column,
            subsequent_indent=" " * column,
            break_long_words=False,
            break_on_hyphens=False,
        )
        if len(name) <= column - 4:
            lines.append(f"  {name}".ljust(column) + body[column:])
        else:
            lines += [f"  {name}", body]
    return "\n".join(line.rstrip() for line in lines)


def prose(text: str) -> list[str]:
    """Paragraphs, wrapped; indented ones stay as they are."""
    return [
        paragraph
        if paragraph.startswith(" ")
        else fill(
            " ".join(paragraph.split()), WIDTH, break_long_words=False, break_on_hyphens=False
        )
        for paragraph in text.split("\n\n")
    ]


def examples(lines: str | None) -> list[str]:
    """The examples as a section, or nothing."""
    if not lines:
        return []
    return ["\n".join(["examples:", *(f"  $ {line}" for line in lines.splitlines())])]


def first_line(text: str) -> str:
    """The summary of a help text."""
    return text.partition("\n")[0].strip()


def _section(param: Any) -> str:
    if param.param_type_name == "argument":
        return "arguments"
    names = {*param.opts}
    if names & EVERYWHERE:
        return "output"
    return "common options" if names & COMMON else "options"


def _name(param: Any, shown: str) -> str:
    """`--format table|json`, `NAME`: without the brackets and types of the parser."""
    if param.param_type_name == "argument":
        return _operand_name(param)
    return _SEVERAL.sub(r"\g<one>", shown.replace("<", "").replace(">", ""))


def _operand_name(param: Any) -> str:
    return str(param.display_name_raw).strip("[].…")


def _operands(command: TyperCommand, ctx: Any) -> list[str]:
    """The arguments of the usage line: `ID`, `[FOLDER]`, `[PATH…]`."""
    arguments = [p for p in command.get_params(ctx) if p.param_type_name == "argument"]
    names = [(_operand_name(p) + ("…" if p.nargs != 1 else ""), p.required) for p in arguments]
    return [name if required else f"[{name}]" for name, required in names]
