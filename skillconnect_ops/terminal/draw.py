"""Blocks of a view as text: aligned, whole words, no identifier cut or broken."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import StringIO
from typing import assert_never

from rich.console import Console, RenderableType
from rich.table import Table as Grid
from rich.text import Text as Styled

from skillconnect_ops.core.finding import Finding
from skillconnect_ops.core.report import Report, Unknown
from skillconnect_ops.core.view import (
    Block,
    Cell,
    Document,
    FindingsByFile,
    FindingsHere,
    Frame,
    Lines,
    Pairs,
    Remarks,
    Table,
    Text,
    Tone,
    count,
    listed,
)
from skillconnect_ops.terminal.layout import column_widths
from skillconnect_ops.terminal.streams import Screen
from skillconnect_ops.terminal.text import one_line, wrapped

_GAP = 2
_WIDEST_SUBJECT = 40
_STYLES = {
    Tone.PLAIN: "",
    Tone.GOOD: "green",
    Tone.WARN: "yellow",
    Tone.BAD: "red",
    Tone.DIM: "dim",
    Tone.STRONG: "bold",
}
_GRADES = {"low": Tone.DIM, "medium": Tone.WARN, "high": Tone.BAD, "critical": Tone.BAD}


def drawn(report: Report, *, screen: Screen) -> str:
    """A report for people: its view, then its findings, then what could not be looked at."""
    unknown = _unknown(report.unknown, screen)
    placed = any(isinstance(block, FindingsHere | FindingsByFile) for block in report.view)
    blocks: list[Block] = []
    for place in report.view if placed else (*report.view, FindingsHere()):
        match place:
            case FindingsHere(told=True):
                pass
            case FindingsHere():
                blocks += (*_findings(report.findings, screen), *unknown)
            case FindingsByFile():
                blocks += (*by_file(report.findings, place.frames, screen), *unknown)
            case _:
                blocks.append(place)
    return "\n".join(draw(block, screen=screen) for block in blocks)


def draw(block: Block, *, screen: Screen) -> str:
    """One block, each line ended."""
    match block:
        case Lines():
            return _lines(_broken(block, screen), screen)
        case Remarks():
            return _lines((Text(one.text, Tone.WARN) for one in block.remarks), screen)
        case Pairs():
            return _titled(block.title, _pairs(block.pairs, screen), screen)
        case Table():
            return _titled(block.title, _table(block, screen), screen)
        case FindingsHere() | FindingsByFile():
            return ""
        case Document(markdown=page):
            return _lines(page.splitlines(), screen)
    assert_never(block)


def styled(cell: Cell) -> Styled:
    """A cell as rich draws it; what steers a terminal is spelled out."""
    if isinstance(cell, Text):
        return Styled(one_line(cell.text), style=_STYLES[cell.tone])
    return Styled(one_line(cell))


def _lines(lines: Iterable[Cell], screen: Screen) -> str:
    joined = Styled("\n").join(styled(line) for line in lines)
    return _printed(joined, width=joined.cell_len + 1, screen=screen)


def _broken(block: Lines, screen: Screen) -> tuple[Cell, ...]:
    """Sentences are broken between words, below their own beginning."""
    if not block.prose:
        return block.lines
    return tuple(
        Text(part, line.tone) if isinstance(line, Text) else part
        for line in block.lines
        for part in wrapped(
            one_line(line.text if isinstance(line, Text) else line), screen.width, hang=2
        ).splitlines()
    )


def _titled(title: str | None, body: str, screen: Screen) -> str:
    if title is None:
        return body
    return _lines([Text(title, Tone.STRONG)], screen) + body


def _pairs(pairs: Iterable[tuple[str, Cell]], screen: Screen) -> str:
    rows = [(Styled(one_line(name), style="dim"), styled(cell)) for name, cell in pairs]
    widths = column_widths(rows, width=screen.width, gap=_GAP, whole=1)
    if widths is not None or not rows:
        return _grid(rows, screen=screen, right=(), whole=1)
    return _hanging(rows, screen)


def _hanging(rows: Sequence[tuple[Styled, Styled]], screen: Screen) -> str:
    """Names and values where a word is longer than its column: that word alone sticks out."""
    column = max(name.cell_len for name, _ in rows) + _GAP
    lines = []
    for name, value in rows:
        said = wrapped(value.plain, screen.width, indent=column, hang=0) or " " * column
        for number, line in enumerate(said.splitlines()):
            head = Styled() if number else name.copy()
            head.append(" " * (column - head.cell_len))
            lines.append(head.append(line[column:], style=value.style))
    joined = Styled("\n").join(lines)
    return _printed(joined, width=max(line.cell_len for line in lines) + 1, screen=screen)


def _table(table: Table, screen: Screen) -> str:
    if not table.rows:
        return _lines([Text(table.empty, Tone.DIM)], screen)
    heads = [Styled(one_line(head), style="bold") for head in table.headers]
    rows = [[styled(cell) for cell in row] for row in table.rows]
    if column_widths([heads, *rows], width=screen.width, gap=_GAP) is not None:
        return _grid([heads, *rows], screen=screen, right=table.right)
    return "\n".join(_pairs(zip(table.headers, row, strict=True), screen) for row in table.rows)


def _grid(
    rows: Iterable[Iterable[Styled]], *, screen: Screen, right: tuple[int, ...], whole: int = 0
) -> str:
    cells = [list(row) for row in rows]
    widths = column_widths(cells, width=screen.width, gap=_GAP, whole=whole)
    if widths is None:  # narrower than the longest word: let the terminal break the lines
        widths = column_widths(cells, width=None, gap=_GAP) or []
    grid = Grid(box=None, show_header=False, pad_edge=False, padding=(0, _GAP, 0, 0))
    for index, width in enumerate(widths):
        grid.add_column(justify="right" if index in right else "left", width=width, overflow="fold")
    for row in cells:
        grid.add_row(*row)
    return _printed(grid, width=sum(widths) + _GAP * len(widths), screen=screen)


def _printed(thing: RenderableType, *, width: int, screen: Screen) -> str:
    file = StringIO()
    console = Console(
        file=file,
        width=max(width, 1),
        force_terminal=screen.colour,
        color_system="standard" if screen.colour else None,
        no_color=not screen.colour,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
        _environ={},
    )
    console.print(thing)
    return "".join(f"{line.rstrip()}\n" for line in file.getvalue().splitlines())


def _findings(findings: tuple[Finding, ...], screen: Screen) -> list[Block]:
    open_ones = [finding for finding in findings if finding.suppressed is None]
    if not open_ones:
        return []
    rows = tuple(
        (
            Text(finding.severity.value, _GRADES[finding.severity.value]),
            finding.id,
            _place(finding),
            finding.message,
        )
        for finding in open_ones
    )
    title = count(len(open_ones), "finding")
    table = Table(("severity", "id", "where", "what"), rows, title=title)
    if screen.width is not None and not _fits(table, screen.width):
        return [_narrow(open_ones, title, screen.width), *_remedies(open_ones)]
    return [table, *_remedies(open_ones)]


def by_file(
    findings: Iterable[Finding], frames: Mapping[str, Frame], screen: Screen
) -> list[Block]:
    """Each file, its findings below it, and below these their code."""
    open_ones = [finding for finding in findings if finding.suppressed is None]
    files: dict[str, list[Finding]] = {}
    for finding in open_ones:
        files.setdefault(finding.path or finding.subject or "", []).append(finding)
    blocks: list[Block] = []
    for place, own in files.items():
        lines: list[Cell] = [Text(place, Tone.STRONG)]
        for finding in own:
            numbers = [str(one) for one in (finding.line, finding.column) if one is not None]
            at = ":".join(numbers)
            head = f"  {at:<8}{finding.severity.value:<9} {finding.id}  {finding.message}".rstrip()
            parts = wrapped(one_line(head), screen.width, hang=20).splitlines()
            lines += [Text(part, _GRADES[finding.severity.value]) for part in parts]
            frame = frames.get(finding.fingerprint)
            if frame is not None:
                lines += _framed(frame, finding, screen.width)
        blocks.append(Lines(tuple(lines)))
    return [*blocks, *_remedies(open_ones)]


def _framed(frame: Frame, finding: Finding, width: int | None) -> Iterator[Cell]:
    """The code with its line numbers, and a mark below the place."""
    for number, line in enumerate(frame.lines, start=frame.first_line):
        head = f"    {number:>5} | "
        room = None if width is None else max(width - len(head), 20)
        cut = line if room is None or len(line) <= room else f"{line[: room - 1]}…"
        yield Text(f"{head}{cut}", Tone.DIM)
        if number == finding.line and finding.column is not None and finding.column <= len(cut):
            yield Text(f"          | {' ' * (finding.column - 1)}^", Tone.DIM)


def _fits(table: Table, width: int) -> bool:
    rows = [[styled(cell) for cell in row] for row in (table.headers, *table.rows)]
    return column_widths(rows, width=width, gap=_GAP) is not None


def _narrow(findings: Iterable[Finding], title: str, width: int) -> Lines:
    """A head for each finding, and its message below: where the columns have no room."""
    lines: list[Cell] = [Text(title, Tone.STRONG)]
    for finding in findings:
        head = f"{finding.severity.value:<8}  {finding.id}  {_place(finding)}".rstrip()
        lines.append(Text(head, _GRADES[finding.severity.value]))
        lines += wrapped(one_line(finding.message), width, indent=10).splitlines()
    return Lines(tuple(lines))


def _remedies(findings: Iterable[Finding]) -> list[Block]:
    """What to do, each remedy once, for all the places that it mends."""
    names: dict[str, dict[str, None]] = {}
    places: dict[str, dict[str, None]] = {}
    for finding in findings:
        names.setdefault(finding.remedy, {})[finding.id] = None
        places.setdefault(finding.remedy, {})[_place(finding)] = None
    lines: list[Cell] = []
    for remedy, where in places.items():
        if remedy:
            head = f"fix {', '.join(names[remedy])}: {listed(list(where), most=3)}"
            lines.append(Text(head, Tone.STRONG))
            lines += [f"  {line}" for line in remedy.splitlines()]
    return [Lines(tuple(lines))] if lines else []


def _unknown(unknown: tuple[Unknown, ...], screen: Screen) -> list[Block]:
    if not unknown:
        return []
    if max(len(item.subject) for item in unknown) <= _WIDEST_SUBJECT:
        rows = tuple((item.subject, item.reason) for item in unknown)
        return [Table(("not looked at", "because"), rows)]
    lines: list[Cell] = [Text("not looked at", Tone.STRONG)]
    for item in unknown:
        said = f"{one_line(item.subject)}: {one_line(item.reason)}"
        lines += wrapped(said, screen.width, hang=2).splitlines()
    return [Lines(tuple(lines))]


def _place(finding: Finding) -> str:
    if finding.path is None:
        return finding.subject or ""
    numbers = [str(number) for number in (finding.line, finding.column) if number is not None]
    return ":".join([finding.path, *numbers])
