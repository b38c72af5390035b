"""Why an env file is not edited. No error holds a value."""

from pathlib import Path

from skillconnect_ops.core.errors import NeedsPerson, Precondition, Refused


class NotPortable(Precondition):
    """The readers of env files would not all read the value alike."""


class BadName(Precondition):
    """A name that is none in every reader."""

    def __init__(self, name: str) -> None:
        shown = "".join(letter if letter.isprintable() else "?" for letter in name)[:80]
        super().__init__(
            f'"{shown}" cannot name a variable',
            why="bash takes letters, digits and _ only, and no digit first",
            fix="choose such a name, as in MONGO_URI",
        )


class NoSuchKey(Precondition):
    """The variable that was named is not in the file."""

    def __init__(self, key: str) -> None:
        super().__init__(
            f"{key} is not in the file",
            why="the app's reader, Node's dotenv, finds no such variable there",
            fix="name one that is there",
        )


class DuplicateKey(Refused):
    """The variable stands in the file more than once, and nobody said that all are meant."""

    def __init__(self, key: str, lines: tuple[int, ...], *, file: str | None = None) -> None:
        where = ", ".join(str(line) for line in lines)
        by_hand = "remove all but one by hand"
        super().__init__(
            f"{key} stands {f'in {file}' if file else 'there'} {len(lines)} times",
            why=f"in the lines {where}; Node's dotenv takes the last, other readers may not",
            fix=f"{by_hand}, in {file}"
            if file
            else f"{by_hand}, or add --all to give every one of them the value",
        )
        self.lines = lines


class EditedMeanwhile(NeedsPerson):
    """Somebody gave the variable another value since; it is not thrown away."""

    def __init__(self, path: Path, key: str) -> None:
        super().__init__(
            f"{key} in {path} is no longer what was written",
            why="somebody set it in between, and putting the old value back would lose that",
            fix=f"look at {path}; skc env set {key} gives it the value that is right",
        )
