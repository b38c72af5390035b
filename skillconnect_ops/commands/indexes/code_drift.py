"""Where the app's code and `indexes.yaml` part: indexes that code declares and the file does not.

An index that only the file has is no fault: whoever keeps the list there need not say it in code.
"""

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from skillconnect_ops.commands.indexes.merging import merge
from skillconnect_ops.commands.indexes.sameness import changes, keys_of
from skillconnect_ops.core.finding import Finding, Marks, Severity
from skillconnect_ops.core.indexes import Declaration

UNDECLARED, OTHERWISE = "index-undeclared", "index-otherwise-in-code"
_REMEDY = "skc indexes import   # or correct the code"


def findings(declared: Sequence[Declaration], in_code: Sequence[Declaration]) -> Iterator[Finding]:
    """A finding for each index that code declares and the file has not, or has otherwise. Pure.

    Args:
        declared: the file's.
        in_code: the code's; what no server takes is left out, for it is nowhere.
    """
    marks = Marks()
    refused = {id(one) for one, _ in merge(in_code).refused}
    seen: set[tuple[str, int, str]] = set()
    for one in in_code:
        here = (one.path, one.line, f"{one.collection} {one.index.says()}")
        if id(one) in refused or here in seen:
            continue
        seen.add(here)
        others = [each for each in declared if each.collection == one.collection]
        alike = [each for each in others if keys_of(each.index) == keys_of(one.index)]
        if any(_is_same(each, one) for each in alike):
            continue
        subject = f"{one.collection}.{one.index.called}"
        identity = OTHERWISE if alike else UNDECLARED
        said = f"{one.collection} {one.index.says()} is declared here, and not in the file"
        if alike:
            said = (
                f"{one.collection} {one.index.says()} is declared here, and as "
                f"{alike[0].index.says()} at {alike[0].place}"
            )
        yield Finding(
            id=identity,
            severity=Severity.MEDIUM,
            subject=subject,
            path=one.path,
            line=one.line,
            message=said,
            remedy=_REMEDY,
            fingerprint=marks.next(identity, one.path, subject),
        )


def _is_same(declared: Declaration, in_code: Declaration) -> bool:
    """Whether they are one, whatever name either gives it; hiding is no matter of the code's."""
    mine = replace(declared.index, name=None, hidden=False)
    return not changes(mine, replace(in_code.index, name=None, hidden=False))
