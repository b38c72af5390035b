"""What a value has to do with a request, and how far a way through a function has come."""

import re
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum, IntEnum, auto

from msgspec import Struct
from msgspec.structs import replace


class Kind(IntEnum):
    """What a value is, as far as it bears on who asks and what was sent; later ones weigh more."""

    NOTHING = auto()
    """`undefined`, `null`, `false`."""
    SOMETHING = auto()
    """`true`, a promise that nobody awaits: it is never empty."""
    OTHER = auto()
    HEADERS = auto()
    SESSION = auto()
    LOCALS = auto()
    CLAIM = auto()
    """A token, a key, a cookie: what a request says of itself, whatever is true."""
    INDEXED = auto()
    """What a map holds for a claim; taking a part of nothing throws."""
    FAULT = auto()
    """What a callback is given if a token is wrong."""
    LOOKED_UP = auto()
    """What something of which the text tells no more gives for a claim."""
    KNOWN = auto()
    """What an earlier function put there for whom it knows: `req.user`."""
    PROVED = auto()
    """What a token holds that was verified."""
    RESULT = auto()
    """What a validator says: empty if what was sent is wrong."""
    ERRORS = auto()
    """What a validator complains of: empty if what was sent is right."""
    ARGUMENTS = auto()
    REQUEST = auto()
    RESPONSE = auto()
    NEXT = auto()
    RESOLVE = auto()
    REJECT = auto()


class Seen(Struct, frozen=True):
    """A value."""

    kind: Kind = Kind.OTHER
    parts: frozenset[str] = frozenset()
    """The parts of the request that it is made of: `body`, `query`, `params`."""


OTHER, NOTHING, SOMETHING = Seen(), Seen(Kind.NOTHING), Seen(Kind.SOMETHING)
_FEW_WAYS = 12
"""How many ways are told apart; of more, those that come to the same are one."""
INPUTS = frozenset({"body", "query", "params"})
ALL = Seen(Kind.REQUEST, INPUTS)
WHO = frozenset({Kind.INDEXED, Kind.LOOKED_UP, Kind.KNOWN, Kind.PROVED})
"""What is there only for those who are known."""
_USERS = frozenset(
    {
        *("user", "auth", "userId", "currentUser", "account", "uid", "admin", "isAuthenticated"),
        *("loggedIn", "isLoggedIn", "userID", "user_id", "accountability", "identity", "isAdmin"),
        *(
            "principal",
            "member",
            "employee",
            "customer",
            "authenticated",
            "authUser",
            "loggedInUser",
        ),
    }
)
_LIKE_CLAIM = re.compile(
    r"auth|token|jwt|api_?-?key|secret|cookie|signature|sess|bearer|csrf|xsrf|hash", re.IGNORECASE
)
_LIKE_USER = re.compile(r"user|auth|log(?:ged)?_?in|account|admin|uid|email|member|passport|token")


class Way(Struct, frozen=True):
    """A way through a function, up to some place."""

    names: Mapping[str, Seen]
    who: bool = False
    """Whether it is proved who asks."""
    right: frozenset[str] = frozenset()
    """The parts of the request that were held against a schema, and are right."""
    wrong: frozenset[str] = frozenset()
    """Those that were held against one, and may be wrong all the same."""
    empty: bool = False
    """Whether the request brings nothing that says who asks."""
    failed: bool = False
    """Whether what it brings was found wrong."""
    untold: str = ""
    """What may have refused a request before, as far as anybody can tell."""
    status: int = 200
    ended: bool = False
    blurred: bool = False
    """Whether it stands for several ways that were too many to be told apart."""
    asked: tuple[str, ...] = ()
    """What holds on it that has nothing to do with who asks."""


class End(Enum):
    """What a way comes to."""

    PASSED = auto()
    """The request goes on to the next function."""
    REFUSED = auto()
    LED_AWAY = auto()
    """A redirect."""
    ANSWERED = auto()
    FELL = auto()
    """The function ends, and nothing is said."""


def part(of: Seen, name: str | None) -> Seen:  # noqa: PLR0911 - one a kind
    """A property of a value; a name of None is not told."""
    match of.kind:
        case Kind.REQUEST:
            return _of_request(name)
        case Kind.HEADERS:
            is_claim = name is None or _LIKE_CLAIM.search(name) is not None
            return Seen(Kind.CLAIM if is_claim else Kind.OTHER)
        case Kind.SESSION:
            is_user = name is None or name in _USERS or _LIKE_USER.search(name) is not None
            return Seen(Kind.KNOWN if is_user else Kind.OTHER)
        case Kind.LOCALS:
            return Seen(Kind.KNOWN if name in _USERS else Kind.OTHER)
        case Kind.RESPONSE:
            return Seen(Kind.LOCALS) if name == "locals" else OTHER
        case Kind.RESULT:
            if name in {"error", "errors", "issues", "array", "mapped", "fails", "formatWith"}:
                return Seen(Kind.ERRORS, of.parts)
            is_said = name in {"success", "isEmpty", "valid", "passes", "isValid"}
            return of if is_said else Seen(Kind.OTHER, of.parts)
        case Kind.ARGUMENTS:
            kinds = {"0": ALL, "1": Seen(Kind.RESPONSE), "2": Seen(Kind.NEXT)}
            return kinds.get(name or "", OTHER)
        case Kind.SOMETHING | Kind.FAULT:
            return OTHER
        case Kind.OTHER if of.parts and name is not None and _LIKE_CLAIM.search(name):
            return Seen(Kind.CLAIM, of.parts)
        case Kind.NEXT | Kind.RESOLVE | Kind.REJECT:
            return OTHER
    return of


def _of_request(name: str | None) -> Seen:
    if name in _USERS:
        return Seen(Kind.KNOWN)
    by_name = {
        "session": Seen(Kind.SESSION),
        "headers": Seen(Kind.HEADERS),
        "cookies": Seen(Kind.CLAIM),
        "signedCookies": Seen(Kind.KNOWN),
        "token": Seen(Kind.CLAIM),
        "bearerToken": Seen(Kind.CLAIM),
        "file": Seen(Kind.OTHER, frozenset({"file"})),
        "files": Seen(Kind.OTHER, frozenset({"file"})),
        "res": Seen(Kind.RESPONSE),
        "req": ALL,
    }
    if name in INPUTS:
        return Seen(Kind.OTHER, frozenset({name}))
    return ALL if name is None else by_name.get(name, OTHER)


def together(*values: Seen) -> Seen:
    """What is made of several values."""
    heavy = max((one.kind for one in values), default=Kind.OTHER)
    plain = heavy in {Kind.NOTHING, Kind.SOMETHING} or heavy >= Kind.RESULT
    parts = frozenset[str]().union(*(one.parts for one in values))
    return Seen(Kind.OTHER if plain else heavy, parts)


class Exit(Struct, frozen=True):
    """Where a way ends."""

    end: End
    way: Way


class TooManyError(Exception):
    """More ways lead through a function than are followed."""


def merged(ways: Iterable[Way]) -> list[Way]:
    """Each once; see `fewer`."""
    return [way for way, _ in fewer([(way, OTHER) for way in ways])]


def fewer(ends: list[tuple[Way, Seen]]) -> list[tuple[Way, Seen]]:
    """Each once; where they are many, those as one that come to the same."""
    found: list[tuple[Way, Seen]] = []
    for end in ends:
        if end not in found:
            found.append(end)
    if len(found) <= _FEW_WAYS:
        return found
    alike: dict[tuple[object, ...], list[tuple[Way, Seen]]] = {}
    for way, seen in found:
        marks = (way.who, way.right, way.wrong, way.empty, way.failed, way.untold, way.ended)
        alike.setdefault((*marks, way.status, seen), []).append((way, seen))
    return [(_blurred([way for way, _ in each]), each[0][1]) for each in alike.values()]


def _blurred(ways: Sequence[Way]) -> Way:
    """One way for several that come to the same."""
    first = ways[0]
    if len(ways) == 1:
        return first
    names = {
        name: seen
        for name, seen in first.names.items()
        if all(way.names.get(name) == seen for way in ways)
    }
    for way in ways:
        for name, seen in way.names.items():
            if name not in names and "." not in name:
                names[name] = together(seen, *(one.names.get(name, OTHER) for one in ways))
    asked = tuple(words for words in first.asked if all(words in way.asked for way in ways))
    return replace(first, names=names, asked=asked, blurred=True)
