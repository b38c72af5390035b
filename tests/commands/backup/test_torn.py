"""Money moves while it is backed up: no copy may show it half-way, and a bad one is caught."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import bson
import pytest

from skillconnect_ops.commands.backup import dump
from skillconnect_ops.core.ports.database import ClusterTime
from skillconnect_ops.core.secret import Secret
from tests.commands.backup.ports import Alter
from tests.commands.backup.shop import Shop
from tests.workload import START, Torn, prepare, torn, writing

BACKUPS = 10


def torn_export(folder: Path) -> Torn:
    """The same check as `tests.workload.torn`, on exported BSON files."""

    def read(name: str) -> list[dict[str, Any]]:
        return bson.decode_all((folder / f"{name}.bson").read_bytes())

    balances = {account["_id"]: account["balance"] for account in read("accounts")}
    expected = dict.fromkeys(balances, START)
    transfers = read("transfers")
    for transfer in transfers:
        expected[transfer["source"]] -= transfer["amount"]
        expected[transfer["sink"]] += transfer["amount"]
    ids = [
        {document["_id"] for document in documents}
        for documents in (read("pairs_left"), read("pairs_right"), transfers)
    ]
    assert balances
    broken = sum(balances[name] != expected[name] for name in balances)
    return Torn(broken, len(set.union(*ids) - set.intersection(*ids)))


def check_backups(shop: Shop, mongo: Secret, *, backups: int, filler_mb: int) -> None:
    prepare(shop.db, filler_mb=filler_mb)
    moved = []
    with writing(mongo, shop.name, writers=4) as writers:
        for number in range(backups):
            before = writers.transactions()
            manifest = shop.backup()
            moved.append(writers.transactions() - before)
            assert manifest["consistency"]["kind"] == "snapshot"
            to = shop.root / f"dump{number}"
            ran = shop.run("backup", "export", manifest["id"], "--to", str(to))
            assert ran.code == 0, ran.stderr
            assert torn_export(to / shop.name) == Torn(0, 0)
    assert min(moved) > 0, "nobody wrote while a backup ran"


def test_ten_backups_under_four_writers_are_never_torn(shop: Shop, mongo: Secret) -> None:
    check_backups(shop, mongo, backups=BACKUPS, filler_mb=3)


@pytest.mark.long
def test_ten_large_backups_under_four_writers_are_never_torn(shop: Shop, mongo: Secret) -> None:
    check_backups(shop, mongo, backups=BACKUPS, filler_mb=100)


def test_a_restored_backup_is_not_torn_either(shop: Shop, mongo: Secret) -> None:
    prepare(shop.db, filler_mb=2)
    with writing(mongo, shop.name, writers=4):
        manifest = shop.backup()
    copy = f"{shop.name}_copy"
    ran = shop.run("restore", manifest["id"], "--into", copy, "--yes")
    assert ran.code == 0, ran.stderr
    assert torn(shop.client[copy]) == Torn(0, 0)


def test_the_check_catches_a_dump_without_a_snapshot(
    shop: Shop, mongo: Secret, alter: Alter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every scan as it is now, one after the other: what a plain dump does."""

    @contextmanager
    def batches(real: Any, *names: str, at: ClusterTime | None) -> Iterator[Any]:
        assert at is not None
        with real.batches(*names, at=None) as found:
            yield found

    monkeypatch.setattr(dump, "READERS", 1)
    alter(batches=batches)
    prepare(shop.db, filler_mb=8)
    found = []
    with writing(mongo, shop.name, writers=4):
        for number in range(3):
            manifest = shop.backup()
            to = shop.root / f"dump{number}"
            assert shop.run("backup", "export", manifest["id"], "--to", str(to)).code == 0
            found.append(torn_export(to / shop.name))
    assert any(one != Torn(0, 0) for one in found), found
