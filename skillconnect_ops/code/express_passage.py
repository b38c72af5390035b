"""Whom a function lets pass, and with what: the sum of the ways that lead through it."""

import re
from collections.abc import Sequence
from enum import Enum, auto

from msgspec import Struct

from skillconnect_ops.code.express_origins import Origins
from skillconnect_ops.code.express_seen import End, Exit, TooManyError, Way
from skillconnect_ops.code.express_ways import Ways
from skillconnect_ops.code.javascript_objects import Objects
from skillconnect_ops.code.javascript_value import Expression

_MOST_WORDS = 3


class Passing(Enum):
    """Whom it lets pass."""

    SOME = auto()
    """Those alone of whom it proved something."""
    LENIENT = auto()
    """Also those who bring nothing, or something wrong."""
    UNDER_CONDITION = auto()
    ALL = auto()
    UNTOLD = auto()


class Passage(Struct, frozen=True, kw_only=True):
    """Of one function: for whom it stands in the way."""

    passing: Passing
    condition: str | None = None
    """What must hold for it to stand in the way."""
    why: str = ""
    """Why it is not told."""


_EVERYBODY = Passage(passing=Passing.ALL)


class Passages:
    """Looks at functions, each once."""

    def __init__(self, values: Objects, origins: Origins) -> None:
        self._values = values
        self._ways = Ways(values, origins)
        self._known: dict[tuple[object, ...], tuple[Exit, ...] | None] = {}

    def _exits(self, function: Expression) -> tuple[Exit, ...] | None:
        outer = self._values.identity(function.module, function.node, function.frame)
        if outer not in self._known:
            try:
                self._known[outer] = self._ways.through(function)
            except TooManyError:
                self._known[outer] = None
        return self._known[outer]

    def who(  # noqa: PLR0911 - one a kind of passing
        self, function: Expression, *, answers: bool
    ) -> Passage:
        """Whom a function lets pass by who they are."""
        exits = self._exits(function)
        if exits is None:
            return _TOO_MANY
        ways = _let_through(exits, answers=answers)
        if not ways:
            ends = {one.end for one in exits}
            refuses = End.REFUSED in ends or End.LED_AWAY in ends
            return Passage(passing=Passing.SOME) if refuses else _EVERYBODY
        known = [way for way in ways if way.who]
        unknown = [way for way in ways if not way.who]
        if answers:  # an answer that says what is wrong
            unknown = [way for way in unknown if not (way.empty or way.failed)]
        if not unknown:
            return Passage(passing=Passing.SOME)
        doubted = [way for way in unknown if way.untold]
        told = [way for way in unknown if not way.untold]
        asked = [_of_its_own(way, known) for way in told]
        if told and not known and not doubted:
            is_lenient = all(way.empty or way.failed for way in told)
            return Passage(passing=Passing.LENIENT if is_lenient else Passing.ALL)
        free = [way for way, words in zip(told, asked, strict=True) if not words]
        if any(way.blurred for way in free):
            return _TOO_MANY
        if any(not (way.empty or way.failed) for way in free):
            return _EVERYBODY
        if doubted:
            return Passage(passing=Passing.UNTOLD, why=doubted[0].untold)
        if free:
            return Passage(passing=Passing.LENIENT)
        return Passage(passing=Passing.UNDER_CONDITION, condition=_unless(asked))

    def sent(self, function: Expression, *, answers: bool) -> tuple[Passage, frozenset[str]]:
        """What a function lets pass by what was sent, and the parts of it that are right then."""
        exits = self._exits(function)
        if exits is None:
            return _TOO_MANY, frozenset()
        ways = _let_through(exits, answers=answers)
        parts = frozenset[str]().union(*(way.right for way in ways))
        if not parts:
            return _EVERYBODY, frozenset()
        held = [way for way in ways if way.right]
        open_ones = [way for way in ways if not way.right]
        if answers:  # what is answered before anything was looked at
            open_ones = [way for way in open_ones if way.wrong]
        sure = frozenset.intersection(*(way.right for way in held))
        if not open_ones:
            return Passage(passing=Passing.SOME), sure or parts
        asked = [_of_its_own(way, held) for way in open_ones]
        if any(not words for words in asked):
            return _EVERYBODY, frozenset()
        return Passage(passing=Passing.UNDER_CONDITION, condition=_unless(asked)), sure or parts

    def gives(self, function: Expression) -> bool:
        """Whether a function answers with more than a refusal, a redirect, or a page."""
        exits = self._exits(function)
        if exits is None:
            return True
        ends = {one.end for one in exits}
        answers = End.ANSWERED in ends or (End.FELL in ends and not ends & _SAYS_NO)
        return answers and _PAGE.search(function.node.text()) is None

    def goes_on(self, function: Expression) -> bool:
        """Whether a request may go on after a function."""
        exits = self._exits(function)
        return exits is None or any(one.end is End.PASSED for one in exits)


_SAYS_NO = frozenset({End.REFUSED, End.LED_AWAY})
_PAGE = re.compile(r"\.(?:sendFile|render|download)\(")
_TOO_MANY = Passage(passing=Passing.UNTOLD, why="more ways lead through it than are followed")


def _let_through(exits: Sequence[Exit], *, answers: bool) -> list[Way]:
    """The ways on which a request goes on, or gets what it asks for."""
    wanted = {End.PASSED, End.ANSWERED, End.LED_AWAY} if answers else {End.PASSED}
    ways = [one.way for one in exits if one.end in wanted]
    if answers and not ways:
        ways = [one.way for one in exits if one.end is End.FELL]
    return ways


def _of_its_own(way: Way, others: Sequence[Way]) -> tuple[str, ...]:
    """What is asked on a way that is not asked alike on every one of some others."""
    return tuple(words for words in way.asked if not all(words in one.asked for one in others))


def _unless(asked: Sequence[tuple[str, ...]]) -> str:
    """The condition that holds where none of some others does."""
    said = list(dict.fromkeys(" && ".join(words[:_MOST_WORDS]) for words in asked))
    if len(said) > 1:
        said = [f"({one})" if "&&" in one else one for one in said]
    whole = " || ".join(said[:_MOST_WORDS])
    is_one = len(said) == 1 and whole.startswith("!(") and whole.endswith(")")
    return whole[2:-1] if is_one and "&&" not in whole else f"not {whole}"
