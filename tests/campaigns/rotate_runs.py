"""The runs of the fault campaign of `skc rotate`: what there is, and how one is carried out."""

import os
import random
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path

from msgspec import Struct

from skillconnect_ops.journal.model import JournalState, Standing
from tests.campaigns.rotating import (
    STORIES,
    Scene,
    World,
    assert_new,
    assert_old,
    judged,
)
from tests.campaigns.striking import OF_THE_SERVER, Call, Ended, Strike, What, When

SEED = os.environ.get("SKC_SEED", "4100")
WAYS = ("resume", "rollback", "again", "status")
RETURNS = ("resume", "rollback", "again")
"""What may be killed in its turn."""
FULL = {"rotate", "finish"}
"""The stories with every fault and every way; the others have other steps, and are killed alone."""
BEGINNING = 10
"""The first calls of a process come before anything is decided."""

_PUBLISH = tuple(f"publish:{name}@.env" for name in ("ADMIN_JWT_SECRET_KEY", "JWT_SECRET_KEY"))
_VALUES = ("publish:MONGO_URI@.env", "publish:SESSION_SECRET@.env")
_RINGS = ("ADMIN_JWT_SECRET_KEY", "JWT_SECRET_KEY")
_SEEN = ("MONGO_URI", "SESSION_SECRET")
STEPS: Mapping[str, tuple[str, ...]] = {
    "rotate": (
        *(f"stage:{ring}" for ring in _RINGS),
        "create:app_a",
        "make:session",
        "keep:api",
        *_PUBLISH,
        *_VALUES,
        "reload:api",
        *(f"see:{name}" for name in _SEEN),
    ),
    "finish": (
        *(f"see:{name}" for name in _SEEN),
        "drain:app",
        *(f"close:{ring}" for ring in _RINGS),
        "keep:api",
        *_PUBLISH,
        "reload:api",
        *(f"see-again:{name}" for name in _SEEN),
        "disarm:app",
        "hold:MONGO_URI",
        "drop:app",
        "hold:SESSION_SECRET",
        "retire:MONGO_URI",
        "retire:SESSION_SECRET",
        *(f"retire:{ring}" for ring in _RINGS),
    ),
    "leaked": (
        *(f"replace:{ring}" for ring in _RINGS),
        "create:app_a",
        "make:session",
        "keep:api",
        *_PUBLISH,
        *_VALUES,
        "reload:api",
        *(f"see:{name}" for name in _SEEN),
        *(f"retire:{ring}" for ring in _RINGS),
    ),
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
        for step in steps
        for when in When
        for way in RETURNS
    ]


def sample(runs: Sequence[Run], count: int) -> list[Run]:
    """Some of them, the same each time, of all sorts."""
    mixed = sorted(runs, key=lambda run: sha256(run.name.encode()).digest())
    return mixed[:count]


def _faults(story: str, step: str) -> Iterator[What]:
    yield What.KILL
    if story in FULL:
        yield What.RAISE
        yield What.NETWORK
        if step.startswith(OF_THE_SERVER):
            yield What.ANSWER


def _first(step: str, when: When, n: int) -> What:
    """The first crash leaves something to put right: after these steps no network is needed."""
    lost = n and when is not When.AFTER and step.startswith(("create:", "disarm:", "drop:"))
    return What.NETWORK if lost else What.KILL


class Theatre:
    """Carries out runs in one world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._calm: dict[str, tuple[Call, ...]] = {}

    def calm(self, name: str) -> tuple[Call, ...]:
        """The calls of a story to which nothing happens."""
        if name not in self._calm:
            scene = self.world.scene(name)
            self.world.set_back(scene)
            ended = self.world.skc(*scene.story.argv)
            assert ended.code == 0, ended.said
            assert_new(self.world, scene)
            self._calm[name] = ended.calls
        return self._calm[name]

    def call(self, story: str, step: str, name: str) -> int:
        """The number of the last such call within the step: the one that changes something."""
        made = [call for call in self.calm(story) if call.step == step]
        return max(n for n, one in enumerate(made, 1) if (one.stage, one.name) == ("apply", name))

    def carried_out(self, run: Run, strike: Strike | None = None) -> Made:
        """One run; whatever does not hold stands in what is given back.

        Args:
            run: what is done.
            strike: where its fault strikes; by default as `strike` says.
        """
        self.calm(run.story)
        scene = self.world.scene(run.story)
        self.world.set_back(scene)
        seen = _Seen(strike or self.strike(run), fresh=run.as_a_person)
        try:
            (self._twice if run.twice else self._once)(run, scene, seen)
        except Exception as error:  # noqa: BLE001 - the other runs are made nevertheless
            trouble = f"{type(error).__name__}: {error}".split("\n")[0][:400]
            return seen.made(run, f"{trouble} ({', '.join(seen.struck)})")
        return seen.made(run, "")

    def strike(self, run: Run) -> Strike:
        """Where its fault strikes: during a step at one of its calls, by its chance."""
        made = [call for call in self.calm(run.story) if call.step == run.step]
        within = [n for n, call in enumerate(made, 1) if call.stage in {"apply", "verify"}]
        at = run.chance.choice(within or range(1, len(made) + 1))
        return Strike(
            what=run.what,
            step=run.step,
            when=run.when,
            at=at,
            after=run.what is What.KILL and run.chance.random() < 0.5,
        )

    def _once(self, run: Run, scene: Scene, seen: "_Seen") -> None:
        ended = self._struck(run, scene, seen)
        state = self.world.journals()[0]
        seen.standing = state.standing.value
        _must_fit(ended, state, run)
        match run.way:
            case "resume":
                self._resumed(state, scene, seen)
            case "rollback":
                self._rolled_back(state, scene, seen)
            case "again":
                self._again(state, scene)
            case "status":
                self._looked_at(scene)
                self._again(state, scene)
        judged(self.world, scene)

    def _twice(self, run: Run, scene: Scene, seen: "_Seen") -> None:
        self._struck(run, scene, seen)
        state = self.world.journals()[0]
        seen.standing = state.standing.value
        way = run.way
        if way == "rollback" and state.standing is Standing.FORWARD_ONLY:
            way = "resume"
        argv = scene.story.argv if way == "again" else ("journal", way, state.id, "--yes")
        most = self._reach(run, state, way)
        at, after = run.chance.randint(BEGINNING, most), run.chance.random() < 0.5
        ended = self.world.skc(*argv, strike=Strike(what=What.KILL, at=at, after=after))
        assert ended.killed, f"the second crash came too late: {at} of {len(ended.calls)}"
        seen.struck.append(f"{way} {at}: {ended.struck}")
        judged(self.world, scene)
        self._to_the_end(scene, seen)
        judged(self.world, scene)

    def _struck(self, run: Run, scene: Scene, seen: "_Seen") -> Ended:
        ended = self.world.skc(*scene.story.argv, strike=seen.strike)
        assert ended.struck, f"nothing was struck: {ended.code} {ended.said[-200:]}"
        seen.struck.append(ended.struck)
        assert ended.killed == (run.what is What.KILL), ended.said[-500:]
        judged(self.world, scene)
        return ended

    def _reach(self, run: Run, state: JournalState, way: str) -> int:
        """How many calls what comes next makes at least."""
        calls = self.calm(run.story)
        first = next(n for n, call in enumerate(calls) if call.step == run.step)
        left = len(calls) - first - sum(1 for call in calls if call.step == run.step)
        if way == "resume" or state.standing is Standing.FORWARD_ONLY:
            return max(BEGINNING, left)
        undone = sum(1 for step in state.steps if step.progress.value != "waiting")
        return BEGINNING + 4 * undone if way == "rollback" else BEGINNING + 100

    def _resumed(self, state: JournalState, scene: Scene, seen: "_Seen") -> None:
        run = self.world.fresh if seen.fresh else self.world.skc
        ran = run("journal", "resume", state.id, "--yes")
        if state.standing is Standing.ROLLED_BACK:
            assert ran.code == 3, ran.said[-500:]
            assert_old(self.world, scene)
            return
        assert ran.code == 0, f"resume ended with {ran.code}: {ran.said[-500:]}"
        if not state.standing.over:
            (seen.fresh_s if seen.fresh else seen.resume_s).append(ran.seconds)
        assert_new(self.world, scene)

    def _rolled_back(self, state: JournalState, scene: Scene, seen: "_Seen") -> None:
        ran = self.world.skc("journal", "rollback", state.id, "--yes")
        if state.standing in {Standing.INTERRUPTED, Standing.ROLLED_BACK}:
            assert ran.code == 0, f"rollback ended with {ran.code}: {ran.said[-500:]}"
            assert_old(self.world, scene)
            return
        assert ran.code == 3, ran.said[-500:]
        judged(self.world, scene)
        self._resumed(state, scene, seen)

    def _again(self, state: JournalState, scene: Scene) -> None:
        if state.standing is not Standing.SEALED:
            ran = self.world.skc(*scene.story.argv)
            forward = state.standing is Standing.FORWARD_ONLY
            codes = scene.story.again if forward else {0}
            assert ran.code in codes, f"run again it ended with {ran.code}: {ran.said[-500:]}"
        assert_new(self.world, scene)

    def _looked_at(self, scene: Scene) -> None:
        before = picture(self.world)
        for argv, codes in (
            (("rotate", "status"), {0}),
            (("rotate", "due"), {0, 11, 12}),
            (("journal", "list"), {0}),
        ):
            ran = self.world.skc(*argv)
            assert ran.code in codes, f"{argv} ended with {ran.code}: {ran.said[-500:]}"
        assert picture(self.world) == before, "a look changed something"
        judged(self.world, scene)

    def _to_the_end(self, scene: Scene, seen: "_Seen") -> None:
        """Resume what is open; begin again where all was put back."""
        for state in reversed(self.world.journals()):
            if not state.standing.over:
                ran = self.world.skc("journal", "resume", state.id, "--yes")
                assert ran.code == 0, f"resume ended with {ran.code}: {ran.said[-500:]}"
                seen.resume_s.append(ran.seconds)
        # ids tell seconds: of two runs in one second either may be listed first
        before = {path.name for path in scene.folder.glob("state/skc/*/journal/*")}
        begun = [state for state in self.world.journals() if state.id not in before]
        done = [state for state in begun if state.standing is Standing.SEALED]
        if not done:
            ran = self.world.skc(*scene.story.argv)
            assert ran.code == 0, f"run again it ended with {ran.code}: {ran.said[-500:]}"
        else:  # it may have been killed when it was over, and only not cleared away yet
            ran = self.world.skc("journal", "resume", done[0].id, "--yes")
            assert ran.code == 0, f"resume of what is over: {ran.code} {ran.said[-500:]}"
        assert_new(self.world, scene)


class _Seen:
    """What is noticed on the way."""

    def __init__(self, strike: Strike, *, fresh: bool) -> None:
        self.strike = strike
        self.fresh = fresh
        self.fresh_s: list[float] = []
        self.standing = ""
        self.resume_s: list[float] = []
        self.struck: list[str] = []

    def made(self, run: Run, trouble: str) -> Made:
        return Made(
            run=run,
            trouble=trouble,
            standing=self.standing,
            resume_s=tuple(self.resume_s),
            fresh_s=tuple(self.fresh_s),
            struck=tuple(self.struck),
        )


def picture(world: World) -> Mapping[str, bytes]:
    """Every file but locks, and who is known at the server."""
    found = {
        str(path.relative_to(world.place)): path.read_bytes()
        for path in sorted((world.place / "now").rglob("*"))
        if path.is_file() and "locks" not in path.parts and path.name != "lock"
    }
    return {**found, "users": repr(sorted(world.roles().items())).encode()}


def _must_fit(ended: Ended, state: JournalState, run: Run) -> None:
    """What a process says of itself is what its journal says."""
    fits = {
        0: {Standing.SEALED},
        4: {Standing.ROLLED_BACK},
        5: {Standing.ROLLED_BACK},
        6: {Standing.INTERRUPTED, Standing.FORWARD_ONLY},
        -9: {Standing.INTERRUPTED, Standing.FORWARD_ONLY},
    }
    assert state.standing in fits.get(ended.code, ()), (
        f"it ended with {ended.code}, and its journal is {state.standing}: {ended.said[-300:]}"
    )


def fingerprint() -> str:
    """Of all that a result depends on: results of other code do not count."""
    root = Path(__file__).parents[2]
    files = [*(root / "skillconnect_ops").rglob("*.py"), *Path(__file__).parent.glob("*.py")]
    told = sha256(SEED.encode())
    for path in sorted(files):
        told.update(path.read_bytes())
    return told.hexdigest()[:16]


assert set(STEPS) == set(STORIES)
