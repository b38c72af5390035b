"""The machine we run on: its clock and the environment of this process."""

import os
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from skillconnect_ops.core.ports.environment import Environment


class SystemClock:
    """Implements `core.plan.Clock`."""

    def now(self) -> datetime:
        """The time in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never run backwards."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


class ProcessEnvironment:
    """Implements `core.ports.environment.Environment`; the one place where it is read."""

    def __init__(self, variables: Mapping[str, str] | None = None) -> None:
        self._variables = os.environ if variables is None else variables

    def get(self, name: str) -> str | None:
        """A variable, or None; an empty one counts as absent."""
        return self._variables.get(name) or None

    def variables(self) -> Mapping[str, str]:
        """All of them."""
        return dict(self._variables)

    @property
    def folder(self) -> Path:
        """The working folder; where it was deleted, the name it had."""
        try:
            return Path.cwd()
        except FileNotFoundError:
            return Path(self.get("PWD") or "/")

    @property
    def state_home(self) -> Path:
        """`$XDG_STATE_HOME/skc`; a relative one is ignored, as the XDG specification says."""
        return _state_home(self.get)


class MovedEnvironment:
    """The environment of a command that another command runs in another folder."""

    def __init__(
        self, environment: Environment, *, folder: Path, variables: Mapping[str, str]
    ) -> None:
        self._before = environment
        self._folder = folder
        self._variables = variables

    def get(self, name: str) -> str | None:
        """A variable that was set besides, else that of the process.

        What `SKC_…` says is meant for the project that we are in, and not for another one.
        """
        told = self._variables.get(name) or None
        return told if told or name.startswith("SKC_") else self._before.get(name)

    def variables(self) -> Mapping[str, str]:
        """Those of the process but `SKC_…`, and what was set besides."""
        before = self._before.variables()
        kept = {name: value for name, value in before.items() if not name.startswith("SKC_")}
        return {**kept, **self._variables}

    @property
    def folder(self) -> Path:
        """The other folder."""
        return self._folder

    @property
    def state_home(self) -> Path:
        """As the variables say."""
        return _state_home(self.get)


def _state_home(get: Callable[[str], str | None]) -> Path:
    told = get("XDG_STATE_HOME")
    if told is not None and Path(told).is_absolute():
        return Path(told) / "skc"
    home = get("HOME")
    return (Path(home) if home else Path.home()) / ".local" / "state" / "skc"
