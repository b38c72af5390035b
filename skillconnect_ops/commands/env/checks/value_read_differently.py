r"""Programs do not read a value alike.

Node's dotenv, `node --env-file`, python-dotenv, docker compose and a shell each have their own idea
of quotes, `#`, `\` and `$`. A password that one of them cuts short locks the app out, or a script.
A variable that only some of them find counts as well.

    before:  PASSWORD=a#b
    after:   PASSWORD='a#b'
"""

from collections.abc import Iterator, Sequence

from skillconnect_ops.commands.env.check_model import Check, Facts, Fault, FileFacts
from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.outcome import Known
from skillconnect_ops.core.report import Unknown
from skillconnect_ops.core.view import count, listed
from skillconnect_ops.envfile import AnyReader, Dispute, Judged, OtherReader, Reader

_NOT_THE_APPS = frozenset({Reader.BASH, OtherReader.COMPOSE})
OPEN = "not closed"
"""How a reader's cause says that a quote was left open."""
_ENDS = "save it with LF line ends, or put a comment (#) behind each value"


def run(facts: Facts) -> Iterator[Fault | Unknown]:
    """Which values are in dispute?"""
    for file in facts.files:
        if not isinstance(file.file, Known) or file.file.value is None:
            continue
        judged = file.file.value.judge()
        disputes = judged.disputes
        by_end = [each for each in disputes if each.by_line_end]
        if by_end:
            yield _line_ends(file, by_end)
        for each in disputes:
            if not each.by_line_end:
                yield _fault(facts, file, each, because_of=_before(file, judged, each.line))


def _before(file: FileFacts, judged: Judged, line: int | None) -> int | None:
    """The line above which reaches into this one: a quote left open, or a line that is none."""
    if line is None:
        return None
    still_open = {stop.line for stop in judged.stops if OPEN in stop.cause and stop.line < line}
    above = max((entry.line for entry in file.entries if entry.line < line), default=0)
    odd = {each for each in judged.idle if above < each < line}
    return max(odd, default=None) or max(still_open, default=None)


def _fault(facts: Facts, file: FileFacts, each: Dispute, *, because_of: int | None) -> Fault:
    if each.line is None:
        message = f"{_named(each.readers)} {_find(each.readers)} {each.key}, and the app does not"
    else:
        message = f"{each.key} is another value for {_named(each.readers)} than for the app"
    return Fault(
        message=message,
        path=file.path,
        line=each.line,
        context=each.key,
        severity=_severity(each.readers),
        remedy=facts.aim.set(each.key, file=file.path)
        if because_of is None
        else f"mend line {because_of} first: these programs read on from it into this one",
    )


def _line_ends(file: FileFacts, disputes: Sequence[Dispute]) -> Fault:
    """One finding for all: they have one cause, and one remedy."""
    readers = tuple(dict.fromkeys(reader for each in disputes for reader in each.readers))
    values = count(len(disputes), "value")
    return Fault(
        message=f"the line ends are CRLF, whose CR {_named(readers)} takes into {values}",
        path=file.path,
        line=disputes[0].line,
        context="CRLF",
        severity=_severity(readers),
        remedy=_ENDS,
    )


def _severity(readers: Sequence[AnyReader]) -> Severity | None:
    return Severity.LOW if {*readers} <= _NOT_THE_APPS else None


def _named(readers: Sequence[AnyReader]) -> str:
    return listed([reader.label for reader in readers])


def _find(readers: Sequence[AnyReader]) -> str:
    return "finds" if len(readers) == 1 else "find"


CHECK = Check(
    id="value-read-differently",
    title="every program reads the same values",
    severity=Severity.MEDIUM,
    remedy="write it anew with skc env set, which quotes so that all read it alike",
    run=run,
    reads_files=True,
)
