"""What the API says: passed on, and kept to be told where it fails."""

from skillconnect_ops.commands.api.model import ApiEnded, ApiRefused
from skillconnect_ops.core.plan import Person
from skillconnect_ops.core.regex import regex

_PART = regex(r"(?P<part>error|why|fix): *(?P<text>.*)")
_LONGEST = 400


class Words:
    """The lines of one run.

    A program of ours says what is wrong in three lines: what, why, and what to type. Until it
    serves, they are held back; where it ends, they are the error.
    """

    def __init__(self, person: Person) -> None:
        self._person = person
        self._serves = False
        self._told: dict[str, str] = {}
        self._last = ""

    def hear(self, line: str) -> None:
        """One more line."""
        found = _PART.fullmatch(line)
        if found is not None:
            if found["part"] == "error":
                self._told = {}
            self._told[found["part"]] = found["text"].strip()
        if found is None or self._serves:
            self._last = line.strip() or self._last
            self._person.relay(line)

    def is_ready(self) -> None:
        """It serves; what was held back was no reason to end."""
        self._serves = True
        for part, text in self._told.items():
            self._person.relay(f"{part}: {text}")
        self._told = {}

    def last(self) -> str:
        """What it said last, of what is wrong above all."""
        return (self._told.get("error") or self._last)[:_LONGEST]

    def refusal(self, code: int) -> ApiRefused:
        """It ended before it served."""
        return ApiRefused(
            self._told.get("error") or "the API ended before it could serve",
            why=self._told.get("why") or self._why(code),
            fix=self._told.get("fix") or "look at what it said above, and at its settings",
        )

    def ended(self, code: int) -> ApiEnded:
        """It ended, and was not asked to."""
        return ApiEnded(
            self._told.get("error") or "the API ended by itself",
            why=self._told.get("why") or self._why(code),
            fix=self._told.get("fix") or self._person.again(),
        )

    def _why(self, code: int) -> str:
        how = f"signal {-code} ended it" if code < 0 else f"it ended with exit code {code}"
        return f"{how}; it said last: {self._last[:_LONGEST]}" if self._last else how
