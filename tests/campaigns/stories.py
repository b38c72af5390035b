"""The stories of the fault campaign: a command, where it begins, and what it comes to."""

from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

URI, CACHE, USERS, ADMINS, SESSION = (
    "MONGO_URI",
    "REDIS_URL",
    "JWT_SECRET_KEY",
    "ADMIN_JWT_SECRET_KEY",
    "SESSION_SECRET",
)
RINGS = (USERS, ADMINS)
VARIABLES = (URI, CACHE, USERS, f"{USERS}_FALLBACKS", ADMINS, f"{ADMINS}_FALLBACKS", SESSION)


class Story(Struct, frozen=True, kw_only=True):
    """One command, the state that it begins in, and what it comes to."""

    name: str
    argv: tuple[str, ...]
    before: tuple[tuple[str, ...], ...]
    """The commands that lead there."""
    users: frozenset[str]
    """Those of the database, and those of the cache, at its end."""
    changed: frozenset[str]
    """The variables that get another value by it."""
    gone: frozenset[str] = frozenset()
    """The variables that are empty at its end."""
    retired: int = 0
    """How many values it remembers as retired."""
    again: frozenset[int] = frozenset({0})
    """How the same command ends when it walks on with a run that died past its turn: 3, where the
    old values of that run are to be finished before another one begins."""


_BOTH = frozenset({"app", "app_a"})
FALLBACKS = frozenset(f"{ring}_FALLBACKS" for ring in RINGS)
STAGE, SWAP, CLOSE = (
    ("rotate", "--yes"),
    ("rotate", "--yes"),
    ("rotate", "finish", "--now", "--yes"),
)
STORIES = {
    story.name: story
    for story in (
        Story(
            name="rotate",
            argv=STAGE,
            before=(),
            users=_BOTH,
            changed=frozenset({URI, CACHE, SESSION}) | FALLBACKS,
        ),
        Story(
            name="finish",
            argv=CLOSE,
            before=(STAGE, SWAP),
            users=frozenset({"app_a"}),
            changed=FALLBACKS,
            gone=FALLBACKS,
            retired=5,
        ),
        Story(
            name="leaked",
            argv=("rotate", "--reason", "leaked", "--yes"),
            before=(),
            users=_BOTH,
            changed=frozenset({URI, CACHE, SESSION, *RINGS}),
            retired=2,
            again=frozenset({3}),
        ),
        Story(
            name="swap",
            argv=SWAP,
            before=(STAGE,),
            users=_BOTH,
            changed=frozenset(RINGS) | FALLBACKS,
        ),
    )
}


class Scene(Struct, frozen=True, kw_only=True):
    """How the project stood before a story."""

    story: Story
    folder: Path
    """A copy of it."""
    users: Mapping[str, str]
    """The users of the database, and the connection string of each."""
    cache: Mapping[str, str]
    """The users of the cache, and the URI of each."""
    env: bytes
    file: bytes
    """What the sink holds."""
