"""How each package tells that what was sent does not fit a schema."""

from enum import Enum, auto

from ast_grep_py import SgNode

from skillconnect_ops.code.express_origins import Origin
from skillconnect_ops.code.express_packages import CHECKS
from skillconnect_ops.code.syntax import arguments


class Checking(Enum):
    """What holding a value against a schema gives."""

    THROWS = auto()
    THROWS_LATER = auto()
    """It promises: nothing is thrown unless somebody waits for it."""
    RESULT = auto()
    """Something that says whether it fits, or an object with `error` or `success`."""
    ERRORS = auto()
    """What is wrong; empty if all is right."""
    ASKS = auto()
    """What those found that ran before: `validationResult(req)`."""


_LATER = frozenset({"parseAsync", "validateAsync", "validateOrReject", "validateOrRejectAsync"})
_SAYS = frozenset(
    {
        *(
            "safeParse",
            "safeParseAsync",
            "spa",
            "is",
            "isValid",
            "isValidSync",
            "Check",
            "tryValidate",
        ),
        *("safeParser", "guard", "test", "equals"),
    }
)
_THROWING = frozenset(
    {"parse", "assert", "attempt", "create", "mask", "validateSync", "Parse", "Assert"}
)
_PROMISING = frozenset({"yup", "yup/lib", "@vinejs/vine", "vine"})
"""Whose `validate` promises and throws."""
_LISTING = frozenset({"class-validator", "superstruct", "superstruct/lib"})
"""Whose `validate` gives what is wrong."""


def checking(origin: Origin, call: SgNode) -> Checking | None:  # noqa: PLR0911 - one a kind
    """What calling something of a package of validators gives; None of what checks nothing."""
    package, last = origin.package, origin.member.rpartition(".")[2]
    if package == "ajv" and "compile" in origin.member and origin.made and arguments(call):
        return Checking.RESULT
    if last == "validationResult":
        return Checking.ASKS
    if last not in CHECKS or last in {"run", "matchedData"}:
        return None
    if last in _LATER:
        return Checking.THROWS_LATER
    if last in _SAYS:
        return Checking.RESULT
    if last == "validateSync" and package == "class-validator":
        return Checking.ERRORS
    if last in _THROWING:
        return Checking.THROWS
    if last == "validate":
        if package in _PROMISING:
            return Checking.THROWS_LATER
        return Checking.ERRORS if package in _LISTING else Checking.RESULT
    if last == "check":
        return Checking.THROWS if package == "runtypes" else Checking.RESULT
    return Checking.RESULT if last == "decode" else Checking.THROWS
