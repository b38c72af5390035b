"""Single requests to a program of ours, and what it answers."""

from collections.abc import Mapping
from typing import Protocol

from msgspec import Struct

from skillconnect_ops.core.outcome import Fact


class Request(Struct, frozen=True, kw_only=True):
    """One request; it never holds a secret."""

    method: str = "GET"
    url: str
    headers: Mapping[str, str] = {}
    body: bytes = b""


class Answer(Struct, frozen=True, kw_only=True):
    """What came back."""

    status: int | None
    """None where the machine answers, and nobody listens there."""
    headers: Mapping[str, str] = {}
    """By their names in small letters; several of one name are joined by a comma."""
    body: str = ""
    """The beginning of it."""


class Requests(Protocol):
    """Sends requests, each once."""

    def send(self, request: Request, *, patience_s: float) -> Fact[Answer]:
        """Send it without a proxy, and follow nowhere.

        Returns:
            The answer, whatever it says; missing where none came, and why.
        """
