"""What a condition tells of a way: that a token is there, that who asks is proved, or nothing."""

from collections.abc import Iterator

from ast_grep_py import SgNode
from msgspec.structs import replace

from skillconnect_ops.code.express_seen import NOTHING, WHO, Kind, Seen, Way
from skillconnect_ops.code.javascript_value import bare, short

_ABSENT = frozenset({"null", "undefined", "false", "''", '""', "0", "-1", "'undefined'"})
EQUAL = {"===": True, "==": True, "!==": False, "!=": False}
"""The signs that ask whether two values are the same, and those that ask whether not."""
MORE = {">": True, ">=": True, "<": False, "<=": False}
"""The signs that hold for what is more, and those that hold for what is less."""


def asked_of(  # noqa: PLR0911 - one a kind of value
    seen: Seen, way: Way, words: str
) -> list[tuple[Way, bool]]:
    """The ways on which a value is there, and those on which it is empty."""
    match seen.kind:
        case Kind.NOTHING:
            return [(way, False)]
        case Kind.OTHER:
            return either(way, words)
        case Kind.CLAIM:
            return [(way, True), (replace(way, empty=True), False)]
        case Kind.FAULT:
            return [(replace(way, failed=True), True), (replace(way, who=True), False)]
        case Kind.INDEXED | Kind.LOOKED_UP | Kind.KNOWN | Kind.PROVED:
            return [(replace(way, who=True), True), (replace(way, empty=True), False)]
        case Kind.RESULT:
            return [(right(way, seen.parts), True), (way, False)]
        case Kind.ERRORS:
            return [(way, True), (right(way, seen.parts), False)]
    return [(way, True)]


def either(way: Way, words: str) -> list[tuple[Way, bool]]:
    """Both ways of a condition that has nothing to do with who asks; it is asked once."""
    against = f"!({words})"
    if words in way.asked:
        return [(way, True)]
    if against in way.asked:
        return [(way, False)]
    return [(under(way, words), True), (under(way, against), False)]


def under(way: Way, words: str) -> Way:
    """The same way, where something holds that has nothing to do with who asks."""
    return way if words in way.asked else replace(way, asked=(*way.asked, words))


def right(way: Way, parts: frozenset[str]) -> Way:
    """The same way, where some parts of the request fit their schema."""
    return replace(way, right=way.right | parts)


def without(way: Way, node: SgNode) -> Way:
    """What is asked for is empty from here on."""
    if node.kind() not in {"identifier", "member_expression"}:
        return way
    return replace(way, names={**way.names, node.text().replace("?.", "."): NOTHING})


def of_comparison(
    node: SgNode,
    sign: str,
    left: tuple[SgNode, Seen],
    right: tuple[SgNode, Seen],
    way: Way,
) -> Iterator[tuple[Way, bool]]:
    """The ways on which a comparison holds, and those on which not."""
    for (_, seen), (literal, other) in ((left, right), (right, left)):
        if other.kind not in {Kind.OTHER, Kind.NOTHING, Kind.SOMETHING}:
            continue
        text = bare(literal).text()
        is_empty, is_there = text in _ABSENT, text == "true"
        bears = seen.kind is not Kind.OTHER or sign in MORE
        if sign in MORE and seen.kind in {*WHO, Kind.ERRORS}:
            wanted = MORE[sign] if seen is left[1] else not MORE[sign]
            for one, holds in asked_of(seen, way, ""):
                yield one, holds is wanted
            return
        if sign in EQUAL and bears and (is_empty or is_there):
            for one, holds in asked_of(seen, way, short(bare(node))):
                yield one, (holds is is_there) is EQUAL[sign]
            return
    kinds = {left[1].kind, right[1].kind}
    if sign in EQUAL and Kind.NOTHING in kinds and kinds != {Kind.NOTHING}:
        yield way, not EQUAL[sign]
        return
    positive = EQUAL.get(sign, True)
    proves_it = sign in EQUAL and _is_proof(left, right)
    for one, holds in either(way, short(node)):
        equal = holds is positive
        if proves_it:
            yield replace(way, who=True) if equal else replace(way, failed=True), holds
        else:
            yield one, holds


def _is_proof(left: tuple[SgNode, Seen], right: tuple[SgNode, Seen]) -> bool:
    """Whether two things that are equal say who asks: a key and the one that is right."""
    for (_, seen), (other_node, other) in ((left, right), (right, left)):
        if seen.kind in WHO:
            return True
        is_literal = bare(other_node).kind() in {"string", "number", "true", "false"}
        if seen.kind is Kind.CLAIM and other.kind is Kind.OTHER and not is_literal:
            return not other.parts
    return False
