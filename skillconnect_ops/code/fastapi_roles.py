"""What a function is there for, by what happens when it is followed."""

import re
from collections.abc import Iterable, Sequence
from functools import cached_property

from skillconnect_ops.code.express_model import Role, Via
from skillconnect_ops.code.fastapi_events import (
    Asks,
    Call,
    Counts,
    Event,
    Holds,
    Lost,
    Refusal,
    by_setting,
)
from skillconnect_ops.code.fastapi_packages import (
    HEADERS,
    PROVES,
    known,
)
from skillconnect_ops.code.fastapi_parameters import Kind, Parameter
from skillconnect_ops.code.fastapi_values import (
    parts,
)
from skillconnect_ops.code.guesses import guesses

_BY_PATH = re.compile(r"\.path\b|\[['\"]path['\"]\]|\burl\b|\bpath\b", re.IGNORECASE)
_IS_SENT = re.compile(
    r"^[\w.]*(?:token|cred|auth|header|key|cookie|session)\w*(?: is not None)?$",
    re.IGNORECASE,
)
_SESSION = re.compile(r"session", re.IGNORECASE)
_FORGED = re.compile(r"csrf|xsrf", re.IGNORECASE)
_HELD = re.compile(r"compare_digest|csrf|[!=]=", re.IGNORECASE)
_SOUNDS = re.compile(r"author?i[sz]ation|token|api-?key|x-.*key|cookie", re.IGNORECASE)


class Roles:
    """Reads roles out of what happened."""

    def __init__(
        self,
        events: Sequence[Event],
        given: Sequence[Parameter],
        *,
        is_handler: bool,
        is_guard: bool,
    ) -> None:
        self._refusals = [one for one in events if isinstance(one, Refusal)]
        self._calls = [one for one in events if isinstance(one, Call)]
        self._asks = [one for one in events if isinstance(one, Asks)]
        self._events = events
        self._given = given
        self._is_handler = is_handler
        self._is_guard = is_guard

    def _of(self, *statuses: int) -> list[Refusal]:
        return [one for one in self._refusals if one.status in statuses]

    def roles(self) -> dict[Role, list[Refusal]]:
        """What it does, with the refusals that show it."""
        found: dict[Role, list[Refusal]] = {}
        if self._of(429):
            found[Role.RATE_LIMIT] = self._of(429)
        if self._of(413):
            found[Role.BODY_LIMIT] = self._of(413)
        forged = self._forged()
        if forged:
            found[Role.CSRF] = forged
        guards = self._guards(forged)
        if guards:
            found[Role.AUTH] = guards
        if self.headers():
            found[Role.HELMET] = []
        if "access-control-allow-origin" in self._words:
            found[Role.CORS] = []
        if self._validates():
            found[Role.VALIDATION] = []
        return found

    def _forged(self) -> list[Refusal]:
        keys = any(_FORGED.search(one.key) for one in self._asks) or any(
            _FORGED.search(one.key or one.name) for one in self._given
        )
        if not keys:
            return []
        return [
            one
            for one in self._of(400, 401, 403, 419)
            if any(_HELD.search(condition) for condition in one.conditions)
        ]

    def _guards(self, forged: Sequence[Refusal]) -> list[Refusal]:
        """How it refuses those whom it does not know."""
        proves = any(one.known and PROVES.search(one.name) for one in self._calls)
        rest = [one for one in self._refusals if one not in forged]
        grave = [one for one in rest if one.status == 401]
        if self._is_handler:  # an answer refuses for many reasons
            return grave if proves or self._looks() else []
        if self._is_guard and not grave and (proves or self._looks()):
            grave = [one for one in rest if one.status in {400, 403}]
        elif not grave and proves:
            grave = [one for one in rest if one.status == 403]
        return [] if not proves and all(one.absent for one in grave) else grave

    def _looks(self) -> bool:
        """Whether it looks at what says who asks."""
        asked = any(
            _SOUNDS.search(one.key) or one.part in {"session", "cookies"}
            for one in self._asks
            if not (one.early and self._is_handler)
        )
        return asked or any(
            one.source in {"headers", "cookies"} and _SOUNDS.search(one.key) for one in self._given
        )

    def _validates(self) -> bool:
        loose = [one for one in self._given if one.kind in {Kind.LOOSE, Kind.UNTOLD}]
        held = any(isinstance(one, Holds) for one in self._events)
        reads_raw = any(one.part == "body" for one in self._asks)
        if reads_raw or loose:
            return held and not loose
        return any(one.kind is Kind.CHECKED for one in self._given) or (held and self._is_guard)

    def reads(self) -> frozenset[str]:
        """What is read of a request."""
        found = {one.part for one in self._asks if one.part}
        found |= {one.source for one in self._given if one.source}
        return frozenset(found)

    def via(self) -> frozenset[Via]:
        """Where it looks for who asks."""
        found: set[Via] = set()
        for one in self._asks:
            if one.early and self._is_handler:
                continue  # an object that it is handed was made from that, whoever needs it
            if one.part == "session":
                found.add(Via.SESSION)
            if one.part == "cookies" or one.key == "cookie":
                found.add(Via.COOKIE)
            if one.key in {"authorization", "x-api-key", "x-token"}:
                found.add(Via.BEARER)
        for each in self._given:
            if each.source == "cookies":
                found.add(Via.COOKIE)
            elif each.source == "headers" and _SOUNDS.search(each.key):
                found.add(Via.BEARER)
        return frozenset(found)

    def rates(self) -> tuple[tuple[float, float], ...]:
        """The limits at hand."""
        found = {
            (one.tries, one.window_ms): None for one in self._events if isinstance(one, Counts)
        }
        return tuple(found)

    def headers(self) -> list[str]:
        """The security headers that it sets."""
        words = self._words
        return [name for name in HEADERS if name in words]

    @cached_property
    def _words(self) -> set[str]:
        found: set[str] = set()
        for one in self._calls:
            for part in parts([one.args, one.kwargs] if one.name != "return" else []):
                if isinstance(part, bytes):
                    found.add(part.decode("latin-1").lower())
                elif isinstance(part, str):
                    found.add(part.lower())
        return found

    def lost(self, roles: set[Role]) -> tuple[Role, str] | None:
        """What it may do besides, as what it calls sounds, and why that is not told."""
        for one in self._given:
            if one.kind is Kind.UNTOLD and Role.VALIDATION not in roles:
                return Role.VALIDATION, f"what {one.name} is, is not told: {one.reason}"
        if self._is_handler:
            return None
        for each in self._events:
            if isinstance(each, Lost):
                return Role.AUTH, each.why
        if Role.AUTH not in roles and any(one.absent for one in self._of(401)):
            return Role.AUTH, "it asks whether something was sent, and looks at nothing of it"
        for call in self._calls:
            if call.known and known(call.name) is None and not _may_refuse(call.name):
                continue
            for role in guesses(_last(call.name)):
                if role not in roles and role in {Role.AUTH, Role.RATE_LIMIT, Role.CSRF}:
                    return role, f"what {call.name} does is not told"
        return None


def _last(name: str) -> str:
    """What is called, without what it belongs to; most sessions in Python are of a database."""
    return _SESSION.sub("", name.rpartition(".")[2].partition("(")[0])


def _may_refuse(name: str) -> bool:
    """Whether something of a package sounds as if it raised errors of its own."""
    last = name.rpartition(".")[2]
    return (
        re.search(r"^(?:require|check|ensure|verify|validate|enforce|authenticate)", last)
        is not None
    )


def unsettled(refusals: Iterable[Refusal]) -> str | None:
    """The condition that asks for the path, where all of these have one that is not told."""
    found = None
    for one in refusals:
        own = next((each for each in one.conditions if _BY_PATH.search(each)), None)
        if own is None:
            return None
        found = own
    return found


def setting(refusals: Iterable[Refusal]) -> str | None:
    """The setting that all of these depend on."""
    found = None
    for one in refusals:
        named = (each for each in one.conditions if by_setting((each,)))
        own = next(iter((*one.settings, *named)), None)
        if own is None:
            return None
        found = own
    return found


def where_sent(one: Refusal) -> bool:
    """Whether it refuses only what was sent: whoever sends nothing passes."""
    return any(_IS_SENT.match(each) for each in one.conditions)
