"""Known or missing: "could not look" is never "fine"."""

from typing import Generic, TypeVar

from msgspec import Struct

T = TypeVar("T")


class Known(Struct, Generic[T], frozen=True):
    """A fact that was observed."""

    value: T


class Missing(Struct, frozen=True):
    """A fact that could not be observed, and why."""

    reason: str


Fact = Known[T] | Missing
