"""`generate --env KEY`: the new value goes straight into an env file, and is seen by nobody.

How an env file is written (its plan, the locks, the way back) is `skc env set`'s, and no domain
knows another. So the command runs that command, through the front door, and hands the value over
by a pipe: not in the words of a command line, which `ps` shows, nor in a plan. A room below for
the step would have had to speak of both; the day a plan of rotation holds it, it moves there.
"""

import os
import re
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from msgspec import Struct, structs

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.secrets.making import Made
from skillconnect_ops.commands.secrets.new_file import KeyFileTaken, write_new
from skillconnect_ops.core.errors import Refused
from skillconnect_ops.core.plan import Plan, Subject
from skillconnect_ops.core.report import Report
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.settings.dotenv import parse_env
from skillconnect_ops.core.view import Lines
from skillconnect_ops.disk.errors import explain
from skillconnect_ops.journal.errors import NotAgreed

COMMAND = "secrets generate"
_TO_FILL_IN = re.compile(r"\[.*\]|<.*>|(?i:change.?me.*|your[-_ ].*|todo.*|x{3,})")


class Into(Struct, frozen=True, kw_only=True):
    """Which variable of which file, and what the person chose."""

    env: str
    target: str | None = None
    file: Path | None = None
    replace: bool = False
    dry_run: bool = False
    yes: bool = False
    uri_file: Path | None = None
    """Where the URI of a TOTP secret goes, for an authenticator app."""
    reveal: bool = False
    """Whether that URI is shown."""

    def words(self) -> str:
        """The command that names the same variable of the same file."""
        words = ["skc", "secrets", "generate", "--env", self.env]
        words += ["--target", self.target] if self.target else []
        words += ["--file", str(self.file)] if self.file else []
        return shlex.join(words)


class HasAValue(Refused):
    """The variable holds a value that nothing else may remember."""

    def __init__(self, into: Into, *, file: str) -> None:
        super().__init__(
            f"{into.env} in {file} has a value already",
            why="a new one would take its place: what the app uses it for ends, and the old one "
            "is remembered nowhere",
            fix=f"skc secrets ledger add --env {into.env}, then {into.words()} --replace",
        )


def into_env(house: House, into: Into, make: Callable[[], Made]) -> Report:
    """Make a value, and let `skc env set` write it.

    Raises:
        HasAValue: the variable has one, and nobody said that it may go.
        NotAgreed: the answer was no.
    """
    made = make()
    uri_file = None if into.uri_file is None else house.environment.folder / into.uri_file
    if uri_file is not None and os.path.lexists(uri_file):
        raise KeyFileTaken(uri_file)
    looked = _run(house, into, made.secret, "--dry-run")
    if looked.error is not None:
        return _as_ours(looked)
    subject = _subject(looked)
    file = ", ".join(subject.files)
    replaces = _has_value(house, subject, into.env)
    if replaces and not into.replace:
        raise HasAValue(into, file=file)
    _show(house, subject, into, made, replaces=replaces)
    if into.dry_run:
        return _report(looked, into, made, written=False)
    if not into.yes and not house.person.agrees(Plan(command=COMMAND, subject=subject, state="")):
        raise NotAgreed(
            "nothing was written",
            why="the answer was no",
            fix="run it again with --yes, or answer yes",
        )
    if uri_file is not None and made.uri is not None:  # before the secret: it can go again
        write_new(uri_file, f"{made.uri.reveal()}\n".encode(), disk=house.disk)
    done = _run(house, into, made.secret, "--yes")
    if done.error is not None and uri_file is not None:
        with suppress(OSError):
            house.disk.remove(uri_file)
    return _as_ours(done) if done.error is not None else _report(done, into, made, written=True)


def _run(house: House, into: Into, value: Secret, *more: str) -> Report:
    """`skc env set`, the value at the end of a pipe."""
    where = ["--target", into.target] if into.target else []
    where += ["--file", str(into.file)] if into.file else []
    with _pipe(value) as descriptor:
        return house.commands.finish("env", "set", into.env, "--fd", str(descriptor), *where, *more)


@contextmanager
def _pipe(value: Secret) -> Iterator[int]:
    """A descriptor that gives the value; a pipe holds far more than the longest that is made."""
    reader, writer = os.pipe()
    mark = os.fstat(reader)
    try:
        os.write(writer, value.reveal().encode())
        os.close(writer)
        yield reader
    finally:
        # whoever read it may have closed it, and its number may be another file's by now
        with suppress(OSError):
            if os.path.samestat(os.fstat(reader), mark):
                os.close(reader)


def _has_value(house: House, subject: Subject, key: str) -> bool:
    """Whether the variable holds something that was not put there to be filled in."""
    for file in subject.files:
        try:
            data = house.disk.read(Path(subject.repository or ".") / file)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise explain(error, f"read {file}") from error
        value = parse_env(data, shown=file).get(key)
        if value and not _TO_FILL_IN.fullmatch(value.reveal().strip()):
            return True
    return False


def _show(house: House, subject: Subject, into: Into, made: Made, *, replaces: bool) -> None:
    verb = "replace" if replaces else "set"
    house.person.note(
        f"skc {COMMAND}: {subject.line()}\n"
        f"  1. {verb} {into.env}: {made.says()}; it is not shown"
        + (
            f"\n  2. write the URI for an authenticator app: {into.uri_file}"
            if into.uri_file
            else ""
        )
        + ("\n  note: the old value is gone then, and remembered nowhere" if replaces else "")
    )


def _subject(looked: Report) -> Subject:
    """What `env set` says that it acts on."""
    files: Any = looked.subject.get("files") or ()
    return Subject(
        target=looked.subject.get("target"),
        repository=looked.subject.get("repository"),
        files=tuple(files),
    )


def _report(of_child: Report, into: Into, made: Made, *, written: bool) -> Report:
    files = ", ".join(_subject(of_child).files)
    shown = made.uri.reveal() if into.reveal and made.uri is not None and written else None
    seen = "nobody saw it" if shown is None else "the URI below holds it"
    said = [f"{into.env} in {files} has a new {made.kind} value of {made.bits} bits; {seen}"]
    if into.uri_file is not None:
        said.append(f"{into.uri_file} holds its URI for an authenticator app; delete it after that")
    return structs.replace(
        of_child,
        command=COMMAND,
        facts={
            "written": {
                "name": into.env,
                "path": files,
                "kind": made.kind,
                "bits": made.bits,
                "done": written,
                **({"uri_file": str(into.uri_file)} if into.uri_file is not None else {}),
                **({"uri": shown} if shown is not None else {}),
            }
        },
        view=(Lines((*said, *([shown] if shown is not None else []))),) if written else (),
        # without a project there is no status to look at, and the child names what there is
        next=of_child.next if written else (into.words(),),
    )


def _as_ours(failed: Report) -> Report:
    """The child's failure, told as this command's: its error, journal, steps and exit code."""
    return structs.replace(failed, command=COMMAND, exit_code=failed.exit)
