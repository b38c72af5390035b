"""Git as a child that only looks: no lock, no hook, no pager, no network."""

import contextlib
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from msgspec import Struct

from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.ports.environment import Environment
from skillconnect_ops.core.ports.git import ALONE, PLAIN
from skillconnect_ops.disk.errors import explained

_KEPT = ("PATH", "HOME", "XDG_CONFIG_HOME", "TMPDIR")
_CAREFUL = (
    *PLAIN,
    # two of these run at once: their caches and windows onto packs count twice
    *("-c", "core.deltaBaseCacheLimit=32m"),
    *("-c", "core.packedGitLimit=48m"),
    *("-c", "core.packedGitWindowSize=4m"),
)
QUIETLY = ("-c", "core.hooksPath=/dev/null", "-c", "gc.auto=0", "-c", "maintenance.auto=false")
"""For a command that changes something: no hook runs, and git begins nothing else by itself."""
FORMAT = ("rev-parse", "--show-object-format")
_PIPE_BYTES = 1 << 20


class GitIsMissing(Precondition):
    """There is no `git` on PATH."""


class GitCannotRead(Precondition):
    """Git ended with an error of its own."""


class Git(Struct, frozen=True, kw_only=True):
    """Git for one repository; plain data, so that a child process can be given it."""

    folder: Path
    """Where it runs."""
    git_folder: Path | None = None
    """Named by option, so that nothing has to be found; None while it is being looked for."""
    variables: Mapping[str, str]

    def lines(self, *words: str, given: Iterable[str] = ()) -> list[str]:
        """What git prints, split at NUL bytes, without the last, empty part.

        Raises:
            Precondition: git is missing, or ended with an error.
        """
        with self.running(*words, given=given) as told:
            whole = told.read()
        return [text(part) for part in whole.split(b"\0")[:-1]]

    @contextmanager
    def running(
        self,
        *words: str,
        given: Iterable[str] = (),
        file: IO[bytes] | None = None,
        tolerant: bool = False,
    ) -> Iterator[IO[bytes]]:
        """Git's stdout while it runs; ended when the block is left.

        Args:
            words: the command and its options.
            given: lines for its stdin.
            file: its stdin, instead of lines.
            tolerant: whether an error of git's is none of ours.

        Raises:
            Precondition: git is missing; or it ended with an error, and not because we left early.
        """
        lines = (f"{line}\n".encode() for line in given)
        with unnamed(lines) as questions, unnamed() as complaints:
            child = self._start(words, file or questions, complaints)
            if child.stdout is None:
                raise AssertionError("it is a pipe")
            try:
                yield child.stdout
                if child.stdout.read(1):
                    child.kill()
                    tolerant = True
            except BaseException:
                child.kill()
                raise
            finally:
                child.stdout.close()
                code = child.wait()
            if code != 0 and not tolerant:
                raise self._failed(words, code, complaints)

    def _start(
        self, words: tuple[str, ...], questions: IO[bytes], complaints: IO[bytes]
    ) -> subprocess.Popen[bytes]:
        named = () if self.git_folder is None else (f"--git-dir={self.git_folder}",)
        argv = ["git", *_CAREFUL, *named, *words]
        try:
            return subprocess.Popen(
                argv,
                cwd=self.folder,
                env=self.variables,
                stdin=questions,
                stdout=subprocess.PIPE,
                stderr=complaints,
                bufsize=_PIPE_BYTES,
                pipesize=_PIPE_BYTES,
                start_new_session=True,  # Ctrl-C is ours to hand on
            )
        except FileNotFoundError as error:
            raise GitIsMissing(
                "git is not installed",
                why=f"{self.folder} is a repository, and no `git` is on PATH",
                fix="install git (apt-get install git)",
            ) from error

    def _failed(self, words: tuple[str, ...], code: int, complaints: IO[bytes]) -> GitCannotRead:
        complaints.seek(0)
        said = text(complaints.read()).strip().splitlines()
        fatal = [line for line in said if line.startswith("fatal: ")]  # more may be said behind it
        shown = "".join(letter for letter in (fatal or said or [""])[-1] if letter.isprintable())
        return GitCannotRead(
            f"git cannot read the repository at {self.folder}",
            why=shown or f"`git {words[0]}` ended with {code}",
            fix=f"git -C '{self.folder}' fsck",
        )


@contextmanager
def unnamed(parts: Iterable[bytes] = ()) -> Iterator[IO[bytes]]:
    """A file without a name that holds these, and is read from its beginning.

    Raises:
        SkcError: there is no room for it.
    """
    with contextlib.ExitStack() as stack:
        with explained("keep what git is asked", at=Path(tempfile.gettempdir())):
            file = tempfile.TemporaryFile()  # noqa: SIM115 - the stack closes it
            stack.callback(_closed, file)
            file.writelines(parts)
            file.seek(0)
        yield file


def _closed(file: IO[bytes]) -> None:
    with contextlib.suppress(OSError):  # it would write what found no room
        file.close()


def variables(environment: Environment) -> dict[str, str]:
    """A small environment: no `GIT_DIR` of a caller reaches git, and git reaches no network."""
    kept = {name: environment.get(name) for name in _KEPT}
    return {name: value for name, value in kept.items() if value is not None} | {
        **ALONE,
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_PAGER": "cat",
    }


def text(raw: bytes) -> str:
    """Names as people and reports can have them: what is no UTF-8 is spelled out."""
    return raw.decode("utf-8", errors="backslashreplace")
