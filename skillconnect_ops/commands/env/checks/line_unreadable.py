r"""A program cannot read a line, or acts on it as on a command.

A shell runs what stands behind `&`, `$(` or a backquote, and ends at a quote that is not closed.
docker compose and python-dotenv refuse the whole file for one such line, and nothing starts. What
bash does from there on is told by running the file alone, which is not done.

    before:  API_URL=https://example.com/?a=1&b=2
    after:   API_URL='https://example.com/?a=1&b=2'
"""

from collections.abc import Iterator, Sequence

from skillconnect_ops.commands.env.check_model import Check, Facts, Fault, FileFacts
from skillconnect_ops.commands.env.checks.value_read_differently import OPEN
from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.outcome import Known
from skillconnect_ops.core.report import Unknown
from skillconnect_ops.core.view import listed
from skillconnect_ops.envfile import Reader, Stop

_NOT_TEXT = "UTF-8"


def run(facts: Facts) -> Iterator[Fault | Unknown]:
    """Which lines does some program stop at?"""
    for file in facts.files:
        if not isinstance(file.file, Known) or file.file.value is None:
            continue
        by_line: dict[int, list[Stop]] = {}
        judged = file.file.value.judge()
        for stop in judged.stops:
            by_line.setdefault(stop.line, []).append(stop)
        for line in sorted(by_line):
            yield _fault(file, line, by_line[line], idle=line in judged.idle)


def _fault(file: FileFacts, line: int, stops: Sequence[Stop], *, idle: bool) -> Fault:
    entry = next((each for each in file.entries if each.line == line), None)
    what = entry.key if entry is not None else "this line"
    readers = listed([stop.reader.label for stop in stops])
    causes = listed(list(dict.fromkeys(stop.cause for stop in stops)))
    skipped = ", and the app passes over it" if idle else ""
    quotes = entry is not None and not entry.quote and "'" not in entry.value
    return Fault(
        message=f"{readers} cannot read {what}: there is {causes}{skipped}",
        path=file.path,
        line=line,
        context=entry.key if entry is not None else "",
        severity=Severity.LOW if {stop.reader for stop in stops} == {Reader.BASH} else None,
        remedy=_remedy(causes, key=entry.key if entry is not None and quotes else None),
    )


def _remedy(causes: str, *, key: str | None) -> str:
    if OPEN in causes:
        return "close the quote, or take it out"
    if _NOT_TEXT in causes:
        return "save the file as UTF-8"
    if key is not None:
        return f"put single quotes around the value: {key}='…'"
    return CHECK.remedy


CHECK = Check(
    id="line-unreadable",
    title="every program can read every line",
    severity=Severity.MEDIUM,
    remedy="write the line as NAME='value', or take it out",
    run=run,
    reads_files=True,
)
