"""Servers that lag, or do less than they say: the real port, with one answer changed."""

from collections.abc import Callable, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from msgspec.structs import replace

from skillconnect_ops import wiring
from skillconnect_ops.core.ports.accounts import Account, Login, LoginAnswer
from skillconnect_ops.core.secret import Secret

OTHER = "elsewhere:27017"
Say = Callable[[Secret, int], LoginAnswer]


class SecondNode:
    """The logins of a real node, and of another that says what it is told to."""

    def __init__(self, real: Any, say: Say, looks: list[str]) -> None:
        self._real = real
        self._say = say
        self._looks = looks

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def try_everywhere(self, uri: Secret) -> Sequence[Login]:
        user = self._real.address(uri).user
        self._looks.append(user)
        answer = self._say(uri, self._looks.count(user))
        return (*self._real.try_everywhere(uri), Login(node=OTHER, answer=answer))


class Careless:
    """The users of a real server; what is created gets no roles."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def create(self, account: Account, password: Secret) -> None:
        self._real.create(replace(account, roles=frozenset()), password)


def second_node(monkeypatch: pytest.MonkeyPatch, say: Say) -> list[str]:
    """From now on there is one; gives the users that were tried at it."""
    real, looks = wiring.Wiring.logins, list[str]()
    monkeypatch.setattr(
        wiring.Wiring, "logins", lambda self, of: SecondNode(real(self, of), say, looks)
    )
    return looks


def careless(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on the server is."""
    real = wiring.Wiring.accounts

    @contextmanager
    def accounts(self: Any, *args: Any, **kwargs: Any) -> Any:
        with real(self, *args, **kwargs) as managed:
            yield Careless(managed)

    monkeypatch.setattr(wiring.Wiring, "accounts", accounts)
