"""The keys that tokens are signed and verified with, and how one takes the place of another; pure.

In the environment a ring is three variables that an app knows or does not know:

    NAME             signs, and verifies; an app that knows no ring works on with this one
    NAME_FALLBACKS   verify only: `v1.<base64url of the key, unpadded>.<not_after>`, by commas
    NAME_MIN_IAT     optional: a token that was issued before it is refused, in epoch seconds

All that is written here needs no quotes in any reader of env files. The base64url keeps whole what
an older key may hold (a comma, a quote, a letter of any script), and `not_after`, in epoch
seconds, closes an overlap that nobody came to finish.

A planned rotation is three deploys: `staged` (all know the new key), `swapped` (it signs),
`retired` (nobody knows the old one). Between two of them instances with the old ring and with the
new one run side by side, and each accepts what the other signs. After a leak it is one: `leaked`.
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime, timedelta
from itertools import combinations

from msgspec import Struct
from msgspec.structs import replace

from skillconnect_ops.commands.rotate.errors import (
    KeyInUse,
    KeyTooShort,
    MalformedRing,
    NoSigningKey,
    NotStaged,
    SharedKey,
    StageExpired,
)
from skillconnect_ops.core.secret import Secret

LEAST_BYTES = 32
"""RFC 7518, 3.2: a key of HS256 is at least as long as the hash."""
SKEW = timedelta(minutes=1)
"""By how much the clocks of two instances may differ."""
RESTARTS = timedelta(hours=1)
"""How long it may take until the last instance runs with a new ring."""

_ENTRY = re.compile(r"v1\.([A-Za-z0-9_-]+)\.(0|[1-9][0-9]{0,11})")
_VERSION = re.compile(r"v([0-9]+)\.")
_SECONDS = re.compile(r"0|[1-9][0-9]{0,11}")
_LAST_SECOND = 253_402_300_799
"""The end of the year 9999, which is the last that `datetime` knows."""


class Entry(Struct, frozen=True):
    """A key that verifies for a while."""

    key: Secret
    not_after: datetime
    """The first moment, in whole seconds of UTC, at which it does not verify any more."""

    def __post_init__(self) -> None:
        if self.not_after.utcoffset() is None or self.not_after.microsecond:
            raise ValueError("not_after is aware and in whole seconds")


class Ring(Struct, frozen=True):
    """What one app signs and verifies with. Every transition may be repeated with its arguments."""

    signing: Secret
    fallbacks: tuple[Entry, ...] = ()
    min_iat: int | None = None
    """Epoch seconds; it helps where tokens leaked, not where a key did: that forges any `iat`."""

    @property
    def keys(self) -> frozenset[Secret]:
        """All keys, whether their time is over or not."""
        return frozenset({self.signing, *(entry.key for entry in self.fallbacks)})

    def verifying(self, now: datetime) -> frozenset[Secret]:
        """The keys that verify at a moment."""
        live = (entry.key for entry in self.fallbacks if now < entry.not_after)
        return frozenset({self.signing, *live})

    def staged(self, new: Secret, *, not_after: datetime) -> "Ring":
        """The new key verifies, and does not sign yet: the first of three deploys.

        Repeated with a later `not_after` it verifies longer, never shorter.

        Args:
            new: made for this rotation.
            not_after: until when it waits for `swapped`; rounded up to a whole second.

        Raises:
            KeyTooShort: it has less than 32 bytes.
            KeyInUse: it signs already.
        """
        _long_enough(new)
        if new == self.signing:
            raise KeyInUse("signs already", why="a key cannot follow itself")
        return replace(self, fallbacks=_with(self.fallbacks, new, not_after))

    def swapped(self, new: Secret, *, now: datetime, overlap: timedelta) -> "Ring":
        """The staged key signs, and the one before verifies for a while: the second deploy.

        Args:
            new: the key that was staged; without it a repeated swap would swap back.
            now: the time.
            overlap: how long the old key verifies, as `overlap_for` says.

        Raises:
            NotStaged: it does not verify yet.
            StageExpired: it stops to verify before the restarts can be over.
        """
        if new == self.signing:
            return self
        staged = [entry for entry in self.fallbacks if entry.key == new]
        if not staged:
            raise NotStaged
        if max(entry.not_after for entry in staged) < now + RESTARTS:
            raise StageExpired
        others = tuple(entry for entry in self.fallbacks if entry.key != new)
        return replace(self, signing=new, fallbacks=_with(others, self.signing, now + overlap))

    def retired(self, now: datetime, *, early: AbstractSet[Secret] = frozenset()) -> "Ring":
        """What is over verifies no more, nor is it kept: the third deploy.

        Args:
            now: the time.
            early: keys whose time is cut short.

        Raises:
            KeyInUse: one of these signs.
        """
        if self.signing in early:
            raise KeyInUse("signs, and is not retired", why="nothing would sign in its place")
        kept = (e for e in self.fallbacks if now < e.not_after and e.key not in early)
        return replace(self, fallbacks=tuple(kept))

    def leaked(self, new: Secret) -> "Ring":
        """The new key signs and alone verifies: whoever has a token logs in again.

        Raises:
            KeyTooShort: it has less than 32 bytes.
            KeyInUse: it was staged, so it lay beside the key that leaked.
        """
        _long_enough(new)
        if new != self.signing and new in self.keys:
            raise KeyInUse(
                "verifies already",
                why="it stood beside the key that leaked, so it may be known as well",
            )
        return replace(self, signing=new, fallbacks=())


def overlap_for(
    longest_token: timedelta, *, skew: timedelta = SKEW, restarts: timedelta = RESTARTS
) -> timedelta:
    """How long a key verifies after it was told to sign no more.

    Until the last restart some instance still signs with it, and such a token lives its whole life.
    """
    return longest_token + skew + restarts


def read(name: str, get: Callable[[str], str | None]) -> Ring:
    """The ring that three variables hold.

    Args:
        name: that of the signing key.
        get: gives a variable; None where it is absent, and an empty one counts as absent.

    Raises:
        NoSigningKey: nothing signs.
        MalformedRing: what is there would not come out of `variables` as it is.
    """
    signing = get(name)
    if not signing:
        raise NoSigningKey(name)
    if not _is_text(signing):
        raise MalformedRing(name, why="it is not UTF-8")
    listed = get(fallbacks_of(name)) or ""
    fallbacks = tuple(
        _entry(name, place, text)
        for place, text in enumerate(listed.split(",") if listed else (), start=1)
    )
    return Ring(Secret(signing), fallbacks, _min_iat(name, get(_floor(name)) or ""))


def variables(name: str, ring: Ring) -> Mapping[str, Secret | None]:
    """What the three variables hold; None for one that is not to be there."""
    written = (f"v1.{_packed(e.key)}.{_seconds(e.not_after)}" for e in ring.fallbacks)
    return {
        name: ring.signing,
        fallbacks_of(name): Secret(",".join(written)),
        _floor(name): None if ring.min_iat is None else Secret(str(ring.min_iat)),
    }


def fallbacks_of(name: str) -> str:
    """The variable of the keys that verify only."""
    return f"{name}_FALLBACKS"


def assert_apart(rings: Mapping[str, Ring]) -> None:
    """No two rings have a key in common.

    Args:
        rings: by the name of the signing key.

    Raises:
        SharedKey: two have, so a user's token would be an administrator's.
    """
    for (one, ring), (other, another) in combinations(rings.items(), 2):
        if ring.keys & another.keys:
            raise SharedKey(one, other)


def too_short(name: str, ring: Ring) -> tuple[str, ...]:
    """The keys that are shorter than HS256 asks for, told in a line each, none shown."""
    places = [
        (name, ring.signing),
        *((f"entry {n} of {fallbacks_of(name)}", e.key) for n, e in enumerate(ring.fallbacks, 1)),
    ]
    return tuple(
        f"{place} has {size} bytes; HS256 needs {LEAST_BYTES} (RFC 7518, 3.2)"
        for place, key in places
        if (size := _size_bytes(key)) < LEAST_BYTES
    )


def _floor(name: str) -> str:
    return f"{name}_MIN_IAT"


def _with(entries: Iterable[Entry], key: Secret, not_after: datetime) -> tuple[Entry, ...]:
    """The entries with a key among them; of two ends the later one holds."""
    kept, ends = [], [_whole(not_after)]
    for entry in entries:
        if entry.key == key:
            ends.append(entry.not_after)
        else:
            kept.append(entry)
    return (*kept, Entry(key, max(ends)))


def _whole(moment: datetime) -> datetime:
    """Up to the next second: an overlap is never cut short."""
    whole = moment.astimezone(UTC).replace(microsecond=0)
    return whole + timedelta(seconds=1 if moment.microsecond else 0)


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _long_enough(key: Secret) -> None:
    if _size_bytes(key) < LEAST_BYTES:
        raise KeyTooShort(_size_bytes(key), least_bytes=LEAST_BYTES)


def _size_bytes(key: Secret) -> int:
    return len(key.reveal().encode())


def _packed(key: Secret) -> str:
    return base64.urlsafe_b64encode(key.reveal().encode()).decode().rstrip("=")


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _entry(name: str, place: int, text: str) -> Entry:
    found = _ENTRY.fullmatch(text)
    if found is None:
        raise MalformedRing(fallbacks_of(name), entry=place, why=_what_is_wrong(text))
    key, seconds = _unpacked(found[1]), int(found[2])
    if key is None:
        why = "its middle is not the base64url of a key"
        raise MalformedRing(fallbacks_of(name), entry=place, why=why)
    if seconds > _LAST_SECOND:
        why = "its end lies after the year 9999; it is said in seconds, not in milliseconds"
        raise MalformedRing(fallbacks_of(name), entry=place, why=why)
    return Entry(Secret(key), datetime.fromtimestamp(seconds, UTC))


def _what_is_wrong(text: str) -> str:
    version = _VERSION.match(text)
    if not text:
        return "it is empty: there is a comma too many"
    if version is not None and version[1] != "1":
        return f"it is of version {version[1]}, and this skc knows version 1"
    return "it is not of the form v1.<base64url of the key>.<end in epoch seconds>"


def _unpacked(text: str) -> str | None:
    """The key, where its one and only base64url is that text."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        key = raw.decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    return key if _packed(Secret(key)) == text else None


def _min_iat(name: str, text: str) -> int | None:
    if not text:
        return None
    if _SECONDS.fullmatch(text) is None or int(text) > _LAST_SECOND:
        raise MalformedRing(_floor(name), why="it is no time in epoch seconds")
    return int(text)
