"""The runs of the fault campaign of `skc rotate`: what there is."""

import os
import random
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path

from msgspec import Struct

from tests.campaigns.stories import STORIES
from tests.campaigns.striking import What, When, of_a_server, of_redis

SEED = os.environ.get("SKC_SEED", "4100")
WAYS = ("resume", "rollback", "again", "status")
RETURNS = ("resume", "rollback", "again")
"""What may be killed in its turn."""
FULL = {"rotate", "finish"}
"""The stories with every fault and every way; the others have other steps, and are killed alone."""
_CHANGES = ("create:", "disable:", "disarm:", "drop:")
BEGINNING = 10
"""The first calls of a process come before anything is decided."""

_RINGS = ("ADMIN_JWT_SECRET_KEY", "JWT_SECRET_KEY")
_SEEN = ("REDIS_URL", "MONGO_URI", "SESSION_SECRET")
_PUBLISH = tuple(f"publish:{name}@.env" for name in _RINGS)


def _begun(verb: str) -> tuple[str, ...]:
    """The steps of a rotation; the secrets come in the order of their names."""
    return (
        f"{verb}:ADMIN_JWT_SECRET_KEY",
        "create:cache/app_a",
        f"{verb}:JWT_SECRET_KEY",
        "create:app_a",
        "make:session",
        "keep:api",
        "publish:ADMIN_JWT_SECRET_KEY@.env",
        "publish:REDIS_URL@.env",
        "publish:JWT_SECRET_KEY@.env",
        "publish:MONGO_URI@.env",
        "publish:SESSION_SECRET@.env",
        "deliver:SESSION_SECRET@file",
        "reload:api",
        *(f"see:{name}" for name in _SEEN),
    )


STEPS: Mapping[str, tuple[str, ...]] = {
    "rotate": _begun("stage"),
    "finish": (
        *(f"see:{name}" for name in _SEEN),
        "drain:cache/app",
        "drain:app",
        *(f"close:{ring}" for ring in _RINGS),
        "keep:api",
        *_PUBLISH,
        "reload:api",
        *(f"see-again:{name}" for name in _SEEN),
        "disable:cache/app",
        "disarm:app",
        "hold:REDIS_URL",
        "drop:cache/app",
        "hold:MONGO_URI",
        "drop:app",
        "hold:SESSION_SECRET",
        *(f"retire:{name}" for name in (*_SEEN, *_RINGS)),
    ),
    "leaked": (*_begun("replace"), *(f"retire:{ring}" for ring in _RINGS)),
    "swap": (*(f"swap:{ring}" for ring in _RINGS), "keep:api", *_PUBLISH, "reload:api"),
}
"""By hand; a calm run is compared with it."""


class Run(Struct, frozen=True, kw_only=True):
    """One run of the campaign."""

    story: str
    step: str
    when: When
    what: What
    way: str
    """What the person does then; in a double crash: what is killed in its turn."""
    twice: bool = False
    round: int = 0

    @property
    def name(self) -> str:
        twice = f" twice{self.round}" if self.twice else ""
        return f"{self.story} {self.step} {self.when.value} {self.what.value} {self.way}{twice}"

    @property
    def as_a_person(self) -> bool:
        """Whether its resume is timed with all that belongs to it, an interpreter's start too."""
        during = self.what is What.KILL and self.when is When.DURING
        return during and self.way == "resume" and self.story in FULL and not self.twice

    @property
    def chance(self) -> random.Random:
        """Its own chance: the same whichever runs came before."""
        return random.Random(f"{SEED} {self.name}")


class Made(Struct, frozen=True, kw_only=True):
    """What came out of one run."""

    run: Run
    trouble: str = ""
    """Empty where all is well."""
    standing: str = ""
    """Where the journal stood after the crash."""
    resume_s: tuple[float, ...] = ()
    """What each `skc journal resume` took."""
    fresh_s: tuple[float, ...] = ()
    """The same, where each was an interpreter of its own."""
    struck: tuple[str, ...] = ()


def singles() -> list[Run]:
    """Every step x moment x fault x what is done then."""
    return [
        Run(story=story, step=step, when=when, what=what, way=way)
        for story, steps in STEPS.items()
        for step in steps
        for when in When
        for what in _faults(story, step)
        for way in (WAYS if story in FULL else WAYS[:2])
    ]


def doubles() -> list[Run]:
    """Killed, or cut off, and then killed again within what puts it right."""
    return [
        Run(
            story=story,
            step=step,
            when=when,
            what=_first(step, when, n),
            way=way,
            twice=True,
            round=n,
        )
        for n in range(2)
        for story, steps in STEPS.items()
        if n == 0 or story in FULL
        for step in steps
        for when in When
        for way in RETURNS
    ]


def sample(runs: Sequence[Run], count: int) -> list[Run]:
    """Some of them, the same each time: one of each sort first."""
    mixed = sorted(runs, key=lambda run: sha256(run.name.encode()).digest())
    firsts = {_sort(run): run for run in reversed(mixed)}
    first = {run.name for run in firsts.values()}
    return sorted(mixed, key=lambda run: run.name not in first)[:count]


def _sort(run: Run) -> tuple[What, When, bool, str]:
    return run.what, run.when, of_redis(run.step), "" if run.story in FULL else run.story


def _faults(story: str, step: str) -> Iterator[What]:
    yield What.KILL
    if story in FULL:
        yield What.RAISE
        yield What.NETWORK
        if of_a_server(step):
            yield What.ANSWER


def _first(step: str, when: When, n: int) -> What:
    """The first crash leaves something to put right: after these steps no network is needed."""
    lost = n and when is not When.AFTER and step.startswith(_CHANGES)
    return What.NETWORK if lost else What.KILL


def fingerprint() -> str:
    """Of all that a result depends on: results of other code do not count."""
    root = Path(__file__).parents[2]
    files = [*(root / "skillconnect_ops").rglob("*.py"), *Path(__file__).parent.glob("*.py")]
    told = sha256(SEED.encode())
    for path in sorted(files):
        told.update(path.read_bytes())
    return told.hexdigest()[:16]


assert set(STEPS) == set(STORIES)
