"""Carries out runs of the fault campaign of `skc rotate`, and has each judged."""

from collections.abc import Mapping

from skillconnect_ops.journal.model import JournalState, Standing
from tests.campaigns.judging import assert_new, assert_old, judged
from tests.campaigns.rotate_runs import BEGINNING, Made, Run
from tests.campaigns.rotating import World
from tests.campaigns.stories import Scene
from tests.campaigns.striking import Call, Ended, Strike, What


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
        # what only looks does so before; one that makes no call has a moment all the same
        within = within or [n for n, call in enumerate(made, 1) if call.stage == "before"]
        at = run.chance.choice(within or [0])
        return Strike(
            what=run.what,
            step=run.step,
            when=run.when,
            at=at,
            after=run.what is What.KILL and run.chance.random() < 0.5,
            alone=run.what is What.NETWORK and run.chance.random() < 0.5,
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
        ended = self._killed_again(run, scene, seen, most=None)
        if not ended.killed:  # there was less to put right than it seemed
            self.world.set_back(scene)
            ended = self._killed_again(run, scene, seen, most=len(ended.calls))
        assert ended.killed, f"the second crash came too late: {len(ended.calls)} calls"
        judged(self.world, scene)
        self._to_the_end(scene, seen)
        judged(self.world, scene)

    def _killed_again(self, run: Run, scene: Scene, seen: "_Seen", *, most: int | None) -> Ended:
        """Struck, and killed within the first so many calls of what puts that right."""
        self._struck(run, scene, seen)
        state = self.world.journals()[0]
        seen.standing = state.standing.value
        way = run.way
        if way == "rollback" and state.standing is Standing.FORWARD_ONLY:
            way = "resume"
        argv = scene.story.argv if way == "again" else ("journal", way, state.id, "--yes")
        chance = run.chance
        at = chance.randint(BEGINNING, most or self._reach(run, state, way))
        strike = Strike(what=What.KILL, at=at, after=chance.random() < 0.5)
        ended = self.world.skc(*argv, strike=strike)
        seen.struck.append(f"{way} {at}: {ended.struck}")
        return ended

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
    """Every file but locks, and who is known at the servers.

    What was seen of the retired ledger is remembered by every look, so that a cut is noticed later.
    """
    found = {
        str(path.relative_to(world.place)): path.read_bytes()
        for path in sorted((world.place / "now").rglob("*"))
        if path.is_file() and not {"locks", "retired-seen"} & {*path.parts} and path.name != "lock"
    }
    return {
        **found,
        "users": repr(
            (sorted(world.roles().items()), world.cache.listed(), world.cache.saved())
        ).encode(),
    }


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
