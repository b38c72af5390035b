"""From which severity on a finding ends a run, and who says so.

What skc.yaml says there may be changed by the change that is looked at: it would let itself pass.
"""

from skillconnect_ops.commands.audit.acceptance import Acceptance
from skillconnect_ops.commands.audit.model import Wish
from skillconnect_ops.commands.audit.selection import Selection
from skillconnect_ops.commands.house import House
from skillconnect_ops.core.errors import SkcError, UsageError
from skillconnect_ops.core.finding import Rank, Severity
from skillconnect_ops.core.settings.errors import SettingsNotFound
from skillconnect_ops.core.view import Remark

_VARIABLE = "SKC_AUDIT_FAIL_ON"
_DEFAULT = Severity.HIGH


def fail_on(house: House, wish: Wish) -> Severity:
    """What the option says, else the environment, else skc.yaml, else high.

    Raises:
        Precondition: one cannot be understood.
    """
    return wish.fail_on or _of_environment(house) or _of_settings(house)


def laxer(
    house: House, wish: Wish, selection: Selection, acceptance: Acceptance
) -> tuple[Remark, ...]:
    """That the change looked at has skc.yaml let more pass than before; nothing otherwise.

    Raises:
        Precondition: the environment or skc.yaml cannot be understood.
    """
    base = acceptance.commit or selection.base
    if base is None or wish.fail_on is not None or _of_environment(house) is not None:
        return ()
    try:
        project = house.project()
    except SettingsNotFound:
        return ()
    file = project.file.resolve()
    if not file.is_relative_to(selection.root):
        return ()
    path = file.relative_to(selection.root).as_posix()
    old = _before(house, selection, base, path)
    now = project.settings.audit.fail_on
    if old is None or Rank[now.name] <= Rank[old.name]:
        return ()
    says = f"{path} lets more pass since this change: fail_on was {old.value}, and is {now.value}"
    return (Remark(text=says, title="graded by this change", path=path),)


def _before(house: House, selection: Selection, base: str, path: str) -> Severity | None:
    """What skc.yaml said at a commit; None where that cannot be understood."""
    data = house.git.content_at(selection.root, base, path)
    if data is None:
        return _DEFAULT
    from skillconnect_ops.core.settings.reader import read  # noqa: PLC0415 - slow to load

    try:
        return read(data.decode("utf-8-sig"), file=path).audit.fail_on
    except (SkcError, UnicodeDecodeError):
        return None


def _of_environment(house: House) -> Severity | None:
    said = house.environment.get(_VARIABLE)
    if said is None:
        return None
    try:
        return Severity(said)
    except ValueError as error:
        raise UsageError(
            f"{_VARIABLE} names no severity",
            why=f"it may be {', '.join(Severity)}",
            fix=f"unset {_VARIABLE}, or skc audit --fail-on high",
        ) from error


def _of_settings(house: House) -> Severity:
    try:
        return house.project().settings.audit.fail_on
    except SettingsNotFound:
        return _DEFAULT
