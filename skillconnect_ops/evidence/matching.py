"""Whether a value that was found is one that was retired; pure, once the ledger is read."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from skillconnect_ops.core.secret import Secret
from skillconnect_ops.evidence.forms import forms, is_plain, whole
from skillconnect_ops.evidence.retired_keys import LedgerKey, Ring


class Reason(StrEnum):
    """Why a secret was retired."""

    SCHEDULED = "scheduled"
    OFFBOARDING = "offboarding"
    LEAKED = "leaked"


class Refusal(StrEnum):
    """What is known of whether the old value still opens anything."""

    PROVEN = "proven"
    """A run of ours saw that it is refused."""
    ELSEWHERE = "elsewhere"
    """Somebody says to have revoked it where skc cannot."""
    UNPROVEN = "unproven"


class Retirement(Struct, frozen=True, kw_only=True):
    """What is recorded of one retired secret. It holds no secret: fingerprints are keyed."""

    name: str
    kind: str
    """What it was: `mongodb URI`, `private key`, `JWT`, `value`."""
    reason: Reason
    refusal: Refusal
    by: str | None
    """Who revoked it, where that was elsewhere."""
    key: str
    """The id of the key that the fingerprints were made under."""
    fingerprints: tuple[str, ...]
    """Of each form of the value (`forms`), sorted."""
    private: bool
    """Whether it is too weak to be shared, and known on this machine alone."""


class Retired(Struct, frozen=True, kw_only=True):
    """A retirement as read back."""

    retirement: Retirement
    at: datetime
    writer: str
    seq: int
    signer: str | None
    """The name that the writer's key is listed under; None: a claim, not a proof."""


class Hit(Struct, frozen=True, kw_only=True):
    """A value that was found and had been retired."""

    candidate: Secret
    retired: Retired


class Matches(Struct, frozen=True, kw_only=True):
    """What came of matching; without hits it says `not retired` only if `unread` is empty."""

    hits: tuple[Hit, ...]
    unread: tuple[str, ...]
    """Ids of keys that are not at hand, and under which there are records."""


_GRAVITY = {Reason.SCHEDULED: 0, Reason.OFFBOARDING: 1, Reason.LEAKED: 2}


class Matcher:
    """Matches candidates against retirements; knows fingerprints only, and asks nobody.

    Args:
        entries: all retirements, oldest first.
        ring: the keys at hand.
    """

    def __init__(self, entries: Sequence[Retired], ring: Ring) -> None:
        self._by_key: list[tuple[LedgerKey, dict[str, Retired]]] = []
        for key in ring.keys:
            known: dict[str, Retired] = {}
            for entry in entries:
                if entry.retirement.key == key.id:
                    _enter(known, entry)
            if known:
                self._by_key.append((key, known))
        wanted = {entry.retirement.key for entry in entries}
        self.unread = tuple(sorted(wanted - set(ring.ids)))

    def match(self, candidates: Iterable[Secret], *, parts: bool = True) -> Matches:
        """Every candidate that was retired, in whichever form, in the order given."""
        hits = [
            Hit(candidate=candidate, retired=retired)
            for candidate in candidates
            if (retired := self.check(candidate, parts=parts)) is not None
        ]
        return Matches(hits=tuple(hits), unread=self.unread)

    def check(self, candidate: Secret, *, parts: bool = True) -> Retired | None:
        """The gravest retirement of this value under the keys at hand; see `unread`, too.

        Args:
            candidate: a value.
            parts: whether a URI counts whose password was retired.
        """
        spelled = forms(candidate.reveal()) if parts else whole(candidate.reveal())
        found = [
            known[fingerprint]
            for key, known in self._by_key
            for form in spelled
            if (fingerprint := key.fingerprint(form)) in known
        ]
        return max(found, key=_gravity, default=None)

    def among(self, values: Iterable[str]) -> dict[str, Retired]:
        """The retired ones of very many values; as `check`, in a loop without detours."""
        plain: list[str] = []
        spelled: dict[str, list[str]] = {}
        for value in values:
            if is_plain(value):
                plain.append(value)
            else:
                for form in forms(value):
                    spelled.setdefault(form, []).append(value)
        suspect: set[str] = set()
        for key, known in self._by_key:
            digests = frozenset(map(bytes.fromhex, known))
            suspect.update(key.known(plain, digests))
            for form in key.known(spelled, digests):
                suspect.update(spelled[form])
        found = {value: self.check(Secret(value)) for value in suspect}
        return {value: entry for value, entry in found.items() if entry is not None}


def _enter(known: dict[str, Retired], entry: Retired) -> None:
    for fingerprint in entry.retirement.fingerprints:
        before = known.get(fingerprint)
        if before is None or _gravity(entry) >= _gravity(before):
            known[fingerprint] = entry


def _gravity(entry: Retired) -> tuple[int, datetime]:
    return _GRAVITY[entry.retirement.reason], entry.at
