"""Whatever fails at whatever moment of a `--replace`, the world is as before, or gets there."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from skillconnect_ops import wiring
from skillconnect_ops.adapters.system import ProcessEnvironment, SystemClock
from skillconnect_ops.commands.backup import place, restoring
from skillconnect_ops.core.errors import SkcError
from skillconnect_ops.core.ports.database import Database, ServerLost
from skillconnect_ops.journal.model import Standing
from skillconnect_ops.journal.office import Office
from skillconnect_ops.terminal.person import Silent
from tests.commands.backup import kinds
from tests.commands.backup.shop import Shop
from tests.conftest import Ran
from tests.faults import Fuse, fused, raising

LONG = pytest.mark.long
NOW = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
LOST = ServerLost("the connection was lost", why="a test", fix="none")


class Scene(Struct, frozen=True):
    """A database to be replaced, and the pictures of before and after."""

    shop: Shop
    backup: str
    before: kinds.Picture
    after: kinds.Picture
    uuids: dict[str, Any]

    def restore(self, fuse: Fuse | None = None) -> Ran:
        """Replace the database, with a fuse between us and the server."""
        with fusing(fuse or Fuse(at=0, act=raising(LOST))):
            return self.shop.run("restore", self.backup, "--replace", "--confirm", self.shop.name)

    def now(self) -> kinds.Picture:
        """The database as it is."""
        return kinds.picture(self.shop.db)

    def assert_as_before(self) -> None:
        """Content, options, indexes, and the very same collections."""
        assert self.now() == self.before
        assert kinds.uuids(self.shop.db) == self.uuids


def make_scene(shop: Shop, *, rows: int = 30) -> Scene:
    """Back one state up, and make another."""
    kinds.make_wanted(shop.db, rows=rows)
    wanted = kinds.picture(shop.db)
    backup = shop.backup()["id"]
    kinds.clear(shop.db)
    kinds.make_current(shop.db, rows=rows)
    before = kinds.picture(shop.db)
    return Scene(shop, backup, before, {**before, **wanted}, kinds.uuids(shop.db))


@contextmanager
def fusing(fuse: Fuse) -> Iterator[None]:
    """Every call of every connection goes through the fuse."""
    real = wiring.Wiring.connect

    @contextmanager
    def connect(self: Any, uri: Any, *, settings: Any = None) -> Iterator[Database]:
        with real(self, uri, settings=settings) as database:
            yield fused(database, fuse)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wiring.Wiring, "connect", connect)
        patch.setattr(restoring, "_safety_backup", lambda *_, **__: "a-safety-backup")
        yield


@contextmanager
def office(shop: Shop) -> Iterator[Office]:
    """The journal's office of the project."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(shop.root)
        patch.setenv("HOME", str(shop.root.parent / "home"))
        patch.setenv("XDG_STATE_HOME", str(shop.root.parent / "state"))
        house = wiring.Wiring(
            environment=ProcessEnvironment(),
            clock=SystemClock(),
            person=Silent(),
            run=lambda *_: pytest.fail("no command is to be run"),
        )
        yield house.office()


@pytest.fixture
def scene(shop: Shop) -> Scene:
    return make_scene(shop)


def calls_of(scene: Scene) -> list[str]:
    """The calls of one undisturbed run; afterwards the scene is as before."""
    calls = undisturbed(scene)
    assert scene.now() == scene.after
    return calls


def undisturbed(scene: Scene) -> list[str]:
    """The calls of one run that nothing happens to."""
    fuse = Fuse(at=0, act=raising(LOST))
    assert scene.restore(fuse).code == 0
    return fuse.calls


def again(shop: Shop, scene: Scene, *, rows: int = 30) -> Scene:
    """The scene, set anew once the restore went through."""
    kinds.clear(shop.db)
    kinds.make_current(shop.db, rows=rows)
    before = kinds.picture(shop.db)
    assert before.keys() == scene.before.keys()
    wanted = {name: scene.after[name] for name in kinds.NAMES}
    return Scene(shop, scene.backup, before, {**before, **wanted}, kinds.uuids(shop.db))


@pytest.mark.timeout(1500)
@pytest.mark.parametrize(
    ("every", "after"),
    [(29, False), (31, True), *(pytest.param(1, after, marks=LONG) for after in (False, True))],
)
def test_a_failure_at_any_call_is_put_back_or_only_goes_forward(
    shop: Shop, every: int, after: bool
) -> None:
    scene = make_scene(shop)
    calls = calls_of(scene)
    total = len(calls)
    last_drop = max(number for number, call in enumerate(calls, 1) if call == "drop")
    scene = again(shop, scene)
    outcomes = set()
    for at in sorted({*range(1 + every // 2, total + 1, every), last_drop}):
        ran = scene.restore(Fuse(at=at, act=raising(LOST), after=after))
        outcomes.add(ran.code)
        match ran.code:
            case 4 | 5:
                assert scene.now() == scene.before, f"call {at} of {total}"
            case 6:
                assert scene.now() != scene.before
                with office(shop) as opened:
                    opened.resume(ran.json["journal"], Silent())
                assert scene.now() == scene.after, f"call {at} of {total}"
                scene = again(shop, scene)
            case code:
                assert code == 0, ran.stderr
                scene = again(shop, scene)
        assert kinds.uuids(shop.db) == scene.uuids
    assert outcomes >= {5, 6}
    assert scene.restore().code == 0
    assert scene.now() == scene.after


@pytest.mark.timeout(1500)
@pytest.mark.parametrize(
    ("every", "way"),
    [
        (83, "rollback"),
        (97, "resume"),
        (89, "run"),
        *(pytest.param(1, way, marks=LONG) for way in ("rollback", "resume", "run")),
    ],
)
def test_a_server_that_is_gone_for_good_leaves_what_is_put_right_later(
    shop: Shop, every: int, way: str
) -> None:
    scene = make_scene(shop)
    total = len(calls_of(scene))
    scene = again(shop, scene)
    for at in range(3 + every // 2, total + 1, every):
        ran = scene.restore(Fuse(at=at, act=raising(LOST), lasting=True))
        assert ran.code in {0, 4, 5, 6}, ran.stderr  # 0: only the report's last looks failed
        if ran.code == 0:
            assert scene.now() == scene.after
        if ran.code == 6:
            put_right(scene, way)
        if scene.now() != scene.before:
            assert scene.now() == scene.after, f"call {at} of {total}"
            scene = again(shop, scene)


def put_right(scene: Scene, way: str) -> None:
    """What a person may do about a run that did not come to its end."""
    with office(scene.shop) as opened:
        still_open = [journal for journal in opened.journals() if not journal.standing.over]
        if not still_open:
            return
        [newest] = still_open
        if way == "run":
            assert scene.restore().code == 0
        elif way == "resume" or newest.standing is Standing.FORWARD_ONLY:
            opened.resume(newest.id, Silent())
        else:
            opened.rollback(newest.id, Silent())
            assert scene.now() == scene.before
        assert opened.journal(newest.id).standing.over


def test_everything_is_put_in_place_whatever_kind_was_there(scene: Scene) -> None:
    ran = scene.restore()
    assert ran.code == 0, ran.stderr
    assert scene.now() == scene.after
    assert not [step for step in ran.json["steps"] if step["outcome"] != "done"]


def test_what_a_restore_leaves_of_files_is_nothing(scene: Scene, tmp_path: Path) -> None:
    scene.restore(Fuse(at=60, act=raising(LOST)))
    assert not list((tmp_path / "state").rglob("escrow/*"))


def test_what_was_written_to_a_time_series_since_a_run_died_survives_its_resumption(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The safety copy of the run that died is older than the time series by now."""
    shop.db.create_collection("weather", timeseries={"timeField": "at"})
    shop.db.weather.insert_one({"at": NOW, "n": 1})
    backup = shop.backup()["id"]
    scene = Scene(shop, backup, {}, {}, {})
    calls: list[str] = undisturbed(scene)
    copied = calls.index("rename") + 1
    ran = scene.restore(Fuse(at=copied, act=raising(LOST), after=True, lasting=True))
    assert ran.code == 6, ran.stderr
    assert [name for name in shop.db.list_collection_names() if name.startswith("__skc_old_")]
    shop.db.weather.insert_one({"at": NOW, "n": "later"})

    def fails(*_: Any) -> Any:
        raise LOST

    monkeypatch.setattr(place.PlaceHandler, "verify", fails)
    with office(shop) as opened, pytest.raises(SkcError):
        opened.resume(ran.json["journal"], Silent())
    assert shop.db.weather.count_documents({"n": "later"}) == 1
    assert not [name for name in shop.db.list_collection_names() if name.startswith("__skc")]
