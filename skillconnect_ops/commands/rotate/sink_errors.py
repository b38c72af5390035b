"""Why a sink has not what it should have. No error holds a value."""

from collections.abc import Sequence
from pathlib import Path

from skillconnect_ops.core.errors import NeedsPerson, Precondition


class SinkOfNothing(Precondition):
    """A sink is of a variable that nothing renews."""

    def __init__(self, name: str, env: str, *, known: Sequence[str]) -> None:
        super().__init__(
            f'the sink "{name}" is of {env}, which is no secret of this target',
            why=f"skc rotate writes {', '.join(known)}",
            fix=f"correct `env:` below sinks.{name} in skc.yaml, or add {env} below secrets",
        )


class SinkGone(NeedsPerson):
    """The sink of a run that is under way is no longer in the settings."""

    def __init__(self, name: str, *, target: str) -> None:
        super().__init__(
            f'the sink "{name}" is no longer in skc.yaml',
            why="what a run gave it can only be put back by its command",
            fix=f"put it back below targets.{target}.sinks, then: skc journal list",
        )


class SinkFailed(Precondition):
    """A hook ended with an error, or did not end; what it said is in `why`, redacted."""

    def __init__(self, name: str, *, action: str, why: str, refused: bool) -> None:
        did = {"write": "did not take the new value", "read": "does not say what it holds"}
        super().__init__(
            f'the sink "{name}" {did.get(action, "did not take the old value back")}',
            why=why,
            fix=f"see that the command below sinks.{name} in skc.yaml works, then run it again",
        )
        self.refused = refused
        """Whether it says that it has changed nothing."""


class SinkHoldsAnother(Precondition):
    """What lies there is neither the value that goes nor the one that comes."""

    def __init__(self, name: str, env: str, *, held: str) -> None:
        super().__init__(
            f'the sink "{name}" holds {held} for {env}',
            why="it is not the value that the env files hold, and nobody knows who uses it",
            fix=f"give the sink the value that is in the env files, or take it out of skc.yaml "
            f"(sinks.{name})",
        )


class SinkNotRestored(NeedsPerson):
    """A sink could not be given back what it held."""

    def __init__(self, name: str, *, why: str) -> None:
        super().__init__(
            f'the sink "{name}" may hold a value that is not in use',
            why=why,
            fix="skc journal list   # its old value is in the escrow until that run has an end",
        )


class SinkFileEdited(NeedsPerson):
    """Somebody else has written a file that was to be put back."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} was changed by somebody else meanwhile",
            why="it holds neither what was written nor what was there before, and is left as it is",
            fix=f"look at {path}, then: skc journal list",
        )
