"""One generic wrapper that breaks the n-th call of any port, before or after it took effect."""

import os
import signal
from collections.abc import Callable, Collection
from functools import partial
from typing import Any, Self, TypeVar, cast

T = TypeVar("T")


class Fuse:
    """Counts calls, perhaps those of several ports, and acts at one of them.

    With `at=0` it only counts; with `lasting` it acts at every call from the n-th one on.
    """

    def __init__(
        self,
        *,
        at: int,
        act: Callable[[], object],
        after: bool = False,
        lasting: bool = False,
    ) -> None:
        self.at = at
        self.calls: list[str] = []
        self.burned = False
        self._act = act
        self._after = after
        self._lasting = lasting

    def around(self, name: str, call: Callable[[], Any]) -> Any:
        """Make the call, or break it."""
        self.calls.append(name)
        count = len(self.calls)
        hit = count == self.at or (self._lasting and 0 < self.at <= count)
        self.burned = self.burned or hit
        if hit and not self._after:
            self._act()
        try:
            return call()
        finally:
            if hit and self._after:
                self._act()


class _Wrapped:
    def __init__(
        self, real: Any, fuse: Fuse, only: Collection[str] | None, deep: tuple[type, ...]
    ) -> None:
        self._real = real
        self._fuse = fuse
        self._only = only
        self._deep = deep

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._real, name)
        if not callable(found) or (self._only is not None and name not in self._only):
            return found

        def called(*args: Any, **kwargs: Any) -> Any:
            result = self._fuse.around(name, partial(found, *args, **kwargs))
            if isinstance(result, self._deep):
                return _Wrapped(result, self._fuse, self._only, self._deep)
            return result

        return called

    def __enter__(self) -> Self:
        self._real.__enter__()
        return self

    def __exit__(self, *error: object) -> Any:
        return self._real.__exit__(*error)


def fused(
    real: T, fuse: Fuse, *, only: Collection[str] | None = None, deep: tuple[type, ...] = ()
) -> T:
    """The port with every call through the fuse.

    Args:
        real: the port.
        fuse: may be shared between ports, so that one count runs through all of them.
        only: the methods that count; by default all.
        deep: results of these types are wrapped, too.
    """
    return cast("T", _Wrapped(real, fuse, only, deep))


def Faulty(  # noqa: N802 - it stands for a class
    real: T,
    *,
    at: int,
    error: BaseException,
    after: bool = False,
    lasting: bool = False,
    only: Collection[str] | None = None,
    deep: tuple[type, ...] = (),
) -> T:
    """The port, raising `error` at its n-th call, before or after the call took effect."""
    return fused(
        real,
        Fuse(at=at, act=raising(error), after=after, lasting=lasting),
        only=only,
        deep=deep,
    )


def Dying(  # noqa: N802
    real: T,
    *,
    at: int,
    after: bool = False,
    only: Collection[str] | None = None,
    deep: tuple[type, ...] = (),
) -> T:
    """The port, at whose n-th call this process is killed like by `kill -9`."""
    return fused(real, Fuse(at=at, act=die, after=after), only=only, deep=deep)


def raising(error: BaseException) -> Callable[[], object]:
    """Raise it."""

    def act() -> object:
        raise error

    return act


def die() -> None:
    """End this process as no handler can notice."""
    os.kill(os.getpid(), signal.SIGKILL)
