"""`prune` removes what the policy lets go, asks first, and finishes what a dead run began."""

import os
import shutil
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from skillconnect_ops.commands.backup.manifest import ZEROS
from skillconnect_ops.commands.backup.model import Drill, Manifest, Verdict
from skillconnect_ops.commands.backup.prune import PruneHandler
from skillconnect_ops.commands.backup.repository import Repository
from skillconnect_ops.disk.files import Disk
from tests.commands.backup.shop import Shop


class Aged:
    """Copies of one real backup, as if taken on other days."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        shop.db["a"].insert_many({"n": n} for n in range(10))
        self.template: Manifest = (
            Repository(shop.location, disk=Disk()).get(shop.backup()["id"]).manifest
        )
        self._repository = Repository(shop.location, disk=Disk())
        self._source = shop.location.parent / "template"
        shutil.move(shop.location / self.template.id, self._source)

    def take(self, days_ago: float, *, verdict: Verdict | None = None, **subject: Any) -> str:
        at = datetime.now(UTC) - timedelta(days=days_ago)
        name = f"{at:%Y-%m-%dT%H-%M-%SZ}-shop"
        shutil.copytree(self._source, self.shop.location / name)
        manifest = self._repository.write_manifest(
            structs.replace(
                self.template,
                id=name,
                started_at=at,
                subject=structs.replace(self.template.subject, **subject),
            )
        )
        if verdict is not None:
            self._repository.write_drill(
                Drill(
                    backup=name,
                    manifest=manifest.digest,
                    at=at,
                    seconds=1,
                    verdict=verdict,
                    where="here",
                    collections=1,
                    documents=10,
                    size_bytes=1,
                    differences=() if verdict is Verdict.PASSED else ("all",),
                    digest=ZEROS,
                )
            )
        return name

    def left(self) -> set[str]:
        return {path.name for path in self.shop.location.iterdir()}


@pytest.fixture
def aged(shop: Shop) -> Aged:
    found = Aged(shop)
    text = (shop.root / "skc.yaml").read_text().rstrip().removesuffix("}")
    keep = "keep: {daily: 2, weekly: 0, monthly: 0}"
    (shop.root / "skc.yaml").write_text(f"{text}, {keep}}}\n")
    return found


def test_prune_keeps_what_the_policy_says_and_the_newest_drilled(aged: Aged) -> None:
    newest, second = aged.take(0), aged.take(1.5)
    drilled, old = aged.take(30, verdict=Verdict.PASSED), aged.take(40)
    older = aged.take(50, verdict=Verdict.PASSED)
    failed = aged.take(20, verdict=Verdict.FAILED)
    ran = aged.shop.run("backup", "prune", "--yes")
    assert ran.code == 0, ran.stderr
    assert aged.left() == {newest, second, drilled}
    assert set(ran.json["facts"]["removed"]) == {old, older, failed}
    kept = {row["id"]: row["reasons"] for row in ran.json["facts"]["kept"]}
    assert kept[drilled] == ["newest that passed a drill"]
    assert ran.json["facts"]["freed_bytes"] == 3 * aged.template.stored_bytes
    assert aged.shop.run("backup", "prune", "--yes").json["facts"]["removed"] == []


def test_other_targets_and_parts_are_left_alone(aged: Aged) -> None:
    whole = [aged.take(40), aged.take(0)]
    other = aged.take(41, target="other")
    parts = [
        aged.take(42, complete=False, only=("a",)),
        aged.take(43, complete=False, only=("b",)),
        aged.take(44, complete=False, without=("b",)),
    ]
    gone = aged.take(45, complete=False, only=("a",)), aged.take(46, complete=False, only=("a",))
    assert aged.shop.run("backup", "prune", "--yes").code == 0
    assert aged.left() == {*whole, other, *parts, gone[0]}


def test_a_dry_run_says_what_would_go_and_touches_nothing(aged: Aged) -> None:
    for days in (0, 1, 2, 3):
        aged.take(days)
    before = aged.left()
    ran = aged.shop.run("backup", "prune", "--dry-run")
    assert ran.code == 0
    assert len(ran.json["facts"]["plan"]["final"]) == 2
    assert ran.json["facts"]["removed"] == []
    assert aged.left() == before


def test_without_a_terminal_and_without_yes_it_is_refused(aged: Aged) -> None:
    for days in (0, 1, 2):
        aged.take(days)
    before = aged.left()
    ran = aged.shop.run("backup", "prune")
    assert ran.code == 3
    assert "--yes" in ran.json["error"]["fix"]
    assert aged.left() == before


def test_a_run_that_died_half_way_is_finished_by_the_next(
    aged: Aged, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = aged.take(0), aged.take(1)
    for days in (2, 3, 4):
        aged.take(days)
    real = PruneHandler.apply
    calls = []

    def dies_at_the_second(handler: PruneHandler, step: Any, walk: Any) -> Any:
        calls.append(step.id)
        if len(calls) == 2:
            (Path(step.location) / step.id / "manifest.json").unlink()
            raise OSError(5, "Input/output error")
        return real(handler, step, walk)

    with monkeypatch.context() as patch:
        patch.setattr(PruneHandler, "apply", dies_at_the_second)
        ran = aged.shop.run("backup", "prune", "--yes")
    assert ran.code == 6, ran.stderr
    assert ran.json["error"]["fix"].startswith("skc journal resume")
    assert len(aged.left()) == 4
    listed = aged.shop.run("backup", "list").json["facts"]
    assert len(listed["backups"]) == 3
    ran = aged.shop.run("backup", "prune", "--yes")
    assert ran.code == 0, ran.stderr
    assert aged.left() == set(keep)


def test_what_a_dead_run_left_goes_after_a_day(aged: Aged) -> None:
    keep = aged.take(0)
    fresh = aged.shop.location / "2026-01-01T00-00-00Z-shop"
    stale = aged.shop.location / "2026-01-02T00-00-00Z-shop"
    empty = aged.shop.location / "2026-01-03T00-00-00Z-shop"
    for folder in (fresh, stale):
        (folder / "data").mkdir(parents=True)
        (folder / "data" / "a.bson.zst").write_bytes(b"x")
    empty.mkdir()
    old_s = time.time() - 2 * 86_400
    for path in (stale / "data" / "a.bson.zst", stale / "data", stale):
        os.utime(path, (old_s, old_s))
    assert aged.shop.run("backup", "prune", "--yes").code == 0
    assert aged.left() == {keep, fresh.name, empty.name}


def test_a_damaged_backup_is_never_pruned_unseen(aged: Aged) -> None:
    newest, second, damaged = aged.take(0), aged.take(1), aged.take(30)
    manifest = aged.shop.location / damaged / "manifest.json"
    manifest.write_bytes(manifest.read_bytes()[:-5])
    assert aged.shop.run("backup", "prune", "--yes").code == 0
    assert aged.left() == {newest, second, damaged}


def test_a_prune_of_nothing_is_done(shop: Shop) -> None:
    ran = shop.run("backup", "prune")
    assert ran.code == 0
    assert ran.json["facts"]["removed"] == []


def test_what_is_left_is_whole(aged: Aged) -> None:
    for days in (0, 1, 2):
        aged.take(days)
    aged.shop.run("backup", "prune", "--yes")
    for name in aged.left():
        assert aged.shop.run("backup", "verify", name).code == 0
