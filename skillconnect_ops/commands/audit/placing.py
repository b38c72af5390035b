"""What sort of file a hit stands in: that of an app, a test, or a script for a person."""

import re
from collections.abc import Iterable

from skillconnect_ops.code.model import Unparsed
from skillconnect_ops.code.testing import is_test
from skillconnect_ops.core.report import Unknown

IN_TEST = "in a test"
BY_HAND = "in a script that is run by hand"
_BY_HAND = re.compile(
    r"(^|/)(bin|scripts?|tools?|cli|tasks|management/commands|migrations?|upgrades?|seeds?|"
    r"seeders?|"
    r"examples?|benchmarks?)/|(^|/)(__main__|manage|setup|noxfile|cli|seeder)\.[a-z]+$|"
    r"(^|/)(gulpfile|gruntfile|Gruntfile|[a-z.-]+\.config)\.[cm]?[jt]s$"
)


def placed(path: str, *, program: bool = False) -> str | None:
    """Where it stands, if that is no app; None where it is one, or may be one."""
    if is_test(path):
        return IN_TEST
    return BY_HAND if program or _BY_HAND.search(path) is not None else None


def unknown_of(unparsed: Iterable[Unparsed]) -> tuple[Unknown, ...]:
    """What could not be read, as a report says it."""
    return tuple(Unknown(one.path, one.reason) for one in unparsed)
