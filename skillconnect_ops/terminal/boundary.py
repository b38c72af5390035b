"""The one error boundary: whatever happens in a command, a report comes out of it."""

from collections.abc import Callable
from datetime import datetime

import typer
from msgspec import structs

from skillconnect_ops.core.errors import SkcError, Stop
from skillconnect_ops.core.exits import Exit, Status
from skillconnect_ops.core.plan import Clock
from skillconnect_ops.core.report import ErrorFacts, Report
from skillconnect_ops.core.view import Lines
from skillconnect_ops.terminal.buglog import BugLog
from skillconnect_ops.terminal.group import Call, HelpAsked
from skillconnect_ops.terminal.usage import explained


def bounded(work: Callable[[], Report], *, call: Call, clock: Clock, bugs: BugLog) -> Report:
    """Run one command; never raises. Fills in what every report says about its run."""
    started_at, started = clock.now(), clock.monotonic()
    try:
        report = work()
    except HelpAsked as asked:
        report = _help(asked.page)
    except SkcError as error:
        report = _failed(error)
    except typer.TyperException as error:
        report = _failed(explained(error))
    except KeyboardInterrupt:
        report = _interrupted(Exit.SIGINT, None)
    except Stop as stop:
        report = structs.replace(
            _interrupted(stop.exit, stop.journal, stop.again), steps=stop.steps
        )
    except SystemExit as done:
        report = Report(command="skc", exit_code=None if not done.code else Exit.USAGE)
    except BaseException as error:  # noqa: BLE001 - the last one there is
        report = _bug(error, call=call, bugs=bugs, at=started_at)
    return structs.replace(
        report,
        command=call.command or report.command or "skc",
        started_at=started_at,
        seconds=round(clock.monotonic() - started, 3),
    )


def _help(page: str) -> Report:
    return Report(command="help", view=(Lines(tuple(page.splitlines())),))


def _failed(error: SkcError) -> Report:
    return Report(
        command="",
        status=error.status,
        exit_code=error.exit,
        error=ErrorFacts(what=error.what, why=error.why, fix=error.fix),
        journal=error.journal,
        steps=error.steps,
        facts=error.facts,
        next=(error.fix,) if error.fix.startswith("skc ") else (),
    )


def _interrupted(code: Exit, journal: str | None, again: str | None = None) -> Report:
    name = "Ctrl-C" if code is Exit.SIGINT else "a signal to end"
    why = (
        f"{name} came; what had begun was put back"
        if journal
        else f"{name} came, and nothing had been changed yet"
    )
    return Report(
        command="",
        status=Status.INTERRUPTED,
        exit_code=code,
        error=ErrorFacts(what="interrupted", why=why, fix=""),  # there is nothing to mend
        journal=journal,
        next=(again,) if again else (f"skc journal show {journal}",) if journal else (),
    )


def _bug(error: BaseException, *, call: Call, bugs: BugLog, at: datetime) -> Report:
    kept = bugs.keep(error, command=call.command, at=at)
    kind = type(error).__name__
    return Report(
        command="",
        status=Status.BUG,
        error=ErrorFacts(
            what=f"bug in skc: {kind}",
            why=f"skc met what it was not written for; {kept}",
            fix="skc journal list",
        ),
        journal=getattr(error, "journal", None),
        next=("skc journal list",),
    )
