"""What a restore decides, with no database in sight."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import bson
import pytest

from skillconnect_ops.commands.backup.choice import (
    NameNotAllowed,
    NotInBackup,
    Selection,
    choose,
)
from skillconnect_ops.commands.backup.model import (
    BackupSubject,
    CollectionEntry,
    Consistency,
    ConsistencyKind,
    Manifest,
    ServerFacts,
    Tool,
)
from skillconnect_ops.commands.backup.restore_model import Replaced, Source
from skillconnect_ops.commands.backup.restore_plan import (
    TargetNotEmpty,
    plan_restore,
    replaced,
)
from skillconnect_ops.commands.backup.restore_steps import (
    RestoreDiscard,
    RestorePlace,
    RestoreStage,
)
from skillconnect_ops.core.plan import Plan, Subject
from skillconnect_ops.core.ports.database import Collection, CollectionKind, Topology

COLLECTION, VIEW, SERIES = (
    CollectionKind.COLLECTION,
    CollectionKind.VIEW,
    CollectionKind.TIMESERIES,
)
NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
SOURCE = Source(backup="B", location="/backups", target="test", identity=None)


def entry(
    name: str,
    kind: CollectionKind = COLLECTION,
    *,
    database: str = "app",
    looks_at: str | None = None,
) -> CollectionEntry:
    options: dict[str, Any] = {} if looks_at is None else {"viewOn": looks_at, "pipeline": []}
    return CollectionEntry(
        database=database,
        name=name,
        kind=kind,
        uuid=None,
        options=options,
        indexes=(),
        documents=10,
        size_bytes=1000,
        file=None if kind is VIEW else f"data/{name}",
    )


def manifest(*entries: CollectionEntry) -> Manifest:
    databases = tuple(sorted({one.database for one in entries}))
    return Manifest(
        id="B",
        subject=BackupSubject(target="test", cluster="h", databases=databases, complete=True),
        started_at=NOW,
        finished_at=NOW,
        seconds=1,
        tool=Tool(name="skc", version="1"),
        server=ServerFacts(version="6", topology=Topology.REPLICA_SET, set_name="rs"),
        consistency=Consistency(kind=ConsistencyKind.SNAPSHOT, statement="at one instant"),
        compression="zstd",
        encryption=None,
        documents=10,
        size_bytes=1000,
        stored_bytes=100,
        collections=entries,
        journal=None,
        digest="d" * 64,
    )


def there(
    name: str, kind: CollectionKind = COLLECTION, *, uuid: str | None = "u", options: Any = None
) -> Collection:
    uuid = None if kind is VIEW else uuid
    return Collection(name=name, kind=kind, options=bson.encode(options or {}), uuid=uuid)


def planned(
    backup: Manifest,
    found: Mapping[str, Sequence[Collection]] | None = None,
    *,
    selection: Selection | None = None,
    replace: bool = False,
) -> Plan:
    selection = selection or Selection()
    return plan_restore(
        backup,
        choose(backup, selection),
        found or {},
        selection=selection,
        source=SOURCE,
        subject=Subject(target="test", database="app"),
        token="cafe",
        replace=replace,
    )


def keys(plan: Plan) -> list[str]:
    return [step.key for step in (*plan.steps, *plan.final)]


def test_an_empty_database_needs_no_replacing() -> None:
    plan = planned(manifest(entry("a"), entry("b")))
    assert keys(plan) == ["stage:B", "place:app.a", "place:app.b"]
    assert not plan.final
    assert not any("gap" in note or "lost" in note for note in plan.notes)


@pytest.mark.parametrize("name", ["a", "other"])
def test_whatever_is_there_makes_a_whole_restore_be_refused(name: str) -> None:
    with pytest.raises(TargetNotEmpty) as refusal:
        planned(manifest(entry("a")), {"app": [there(name)]})
    assert f"app.{name}" in refusal.value.why
    assert "--into app_restored" in refusal.value.fix
    assert "--replace" in refusal.value.fix


def test_one_collection_minds_only_its_own_name() -> None:
    backup = manifest(entry("a"), entry("b"))
    chosen = Selection(collections=("a",))
    assert keys(planned(backup, {"app": [there("b")]}, selection=chosen)) == [
        "stage:B",
        "place:app.a",
    ]
    with pytest.raises(TargetNotEmpty):
        planned(backup, {"app": [there("a")]}, selection=chosen)
    renamed = Selection(collections=("a",), renames={"a": "a_before"})
    plan = planned(backup, {"app": [there("a")]}, selection=renamed)
    assert keys(plan) == ["stage:B", "place:app.a_before"]


def test_what_is_replaced_waits_aside_and_is_dropped_last() -> None:
    found = {"app": [there("a", uuid="old-a"), there("extra")]}
    plan = planned(manifest(entry("a"), entry("b")), found, replace=True)
    assert keys(plan) == ["stage:B", "place:app.a", "place:app.b", "discard:app.a"]
    [_, a, b] = plan.steps
    [discard] = plan.final
    assert isinstance(a, RestorePlace)
    assert isinstance(b, RestorePlace)
    assert isinstance(discard, RestoreDiscard)
    assert a.piece.replaces == Replaced(kind=COLLECTION, uuid="old-a")
    assert a.piece.aside == discard.aside == "__skc_old_cafe_0"
    assert (b.piece.replaces, b.piece.aside) == (None, None)
    assert (a.piece.staged, b.piece.staged) == ("__skc_new_cafe_0", "__skc_new_cafe_1")
    assert any("left alone" in note and "app.extra" in note for note in plan.notes)
    assert any("stop it first" in note for note in plan.notes)


def test_views_come_last_and_each_after_what_it_looks_at() -> None:
    backup = manifest(
        entry("a_view", VIEW, looks_at="m_view"),
        entry("m_view", VIEW, looks_at="z_view"),
        entry("series", SERIES),
        entry("z_view", VIEW, looks_at="data"),
        entry("data"),
    )
    plan = planned(backup)
    assert keys(plan) == [
        "stage:B",
        "place:app.data",
        "place:app.series",
        "place:app.z_view",
        "place:app.m_view",
        "place:app.a_view",
    ]
    [stage, *_] = plan.steps
    assert isinstance(stage, RestoreStage)
    assert [piece.name for piece in stage.pieces] == ["data"]


def test_a_view_that_looks_at_itself_in_a_damaged_manifest_ends_the_sorting() -> None:
    plan = planned(manifest(entry("v", VIEW, looks_at="v"), entry("w", VIEW, looks_at="v")))
    assert sorted(keys(plan)) == ["place:app.v", "place:app.w"]


@pytest.mark.parametrize(("old", "new"), [(SERIES, COLLECTION), (COLLECTION, SERIES)])
def test_a_time_series_on_either_side_means_a_gap(old: CollectionKind, new: CollectionKind) -> None:
    plan = planned(manifest(entry("w", new)), {"app": [there("w", old)]}, replace=True)
    assert any(note.startswith("gap: app.w") for note in plan.notes)


def test_a_replaced_view_needs_nothing_aside() -> None:
    plan = planned(manifest(entry("a")), {"app": [there("a", VIEW)]}, replace=True)
    assert not plan.final
    place = plan.steps[-1]
    assert isinstance(place, RestorePlace)
    assert place.piece.replaces == Replaced.of(there("a", VIEW))
    assert place.piece.replaces is not None
    assert place.piece.replaces.view is not None


def test_a_view_on_a_renamed_collection_is_told() -> None:
    backup = manifest(entry("a"), entry("v", VIEW, looks_at="a"))
    plan = planned(backup, selection=Selection(renames={"a": "b"}))
    assert any("the view v still looks at a, not b" in note for note in plan.notes)


def test_leftovers_are_in_nobodys_way_but_are_told() -> None:
    found = {"app": [there("__skc_new_dead_0"), there("__skc_old_dead_0")]}
    plan = planned(manifest(entry("a")), found)
    assert keys(plan) == ["stage:B", "place:app.a"]
    assert any("app.__skc_old_dead_0" in note for note in plan.notes)
    assert not replaced(choose(manifest(entry("a")), Selection()), found)


def test_the_state_is_of_identities() -> None:
    backup = manifest(entry("a"), entry("v", VIEW, looks_at="a"))

    def state(*found: Collection) -> str:
        return planned(backup, {"app": found}, replace=True).state

    same = state(there("a", uuid="1"), there("v", VIEW))
    assert same == state(there("a", uuid="1"), there("v", VIEW), there("extra"))
    assert same != state(there("a", uuid="2"), there("v", VIEW))
    assert same != state(there("a", SERIES, uuid="1"), there("v", VIEW))
    assert same != state(there("a", uuid="1"), there("v", VIEW, options={"viewOn": "b"}))
    assert same != state(there("a", uuid="1"))


def test_into_takes_one_database() -> None:
    backup = manifest(entry("a", database="one"), entry("a", database="two"))
    with pytest.raises(NotInBackup) as error:
        choose(backup, Selection(into="three"))
    assert "--db one --into three" in error.value.fix
    [piece] = choose(backup, Selection(databases=("two",), into="three"))
    assert (piece.entry, piece.database, piece.name) == ("two.a", "three", "a")
    assert [(one.database, one.name) for one in choose(backup, Selection())] == [
        ("one", "a"),
        ("two", "a"),
    ]


@pytest.mark.parametrize(
    ("selection", "told"),
    [
        (Selection(collections=("oders",)), "the nearest is orders"),
        (Selection(renames={"oders": "b"}), "the nearest is orders"),
        (Selection(databases=("ap",)), "the nearest is app"),
        (Selection(collections=("xxxxxxxx",)), "it holds"),
        (Selection(collections=("bills",), renames={"orders": "b"}), "--collection chooses bills"),
        (Selection(renames={"orders": "bills"}), "the same name"),
    ],
)
def test_what_the_backup_does_not_hold_is_a_usage_error(selection: Selection, told: str) -> None:
    with pytest.raises(NotInBackup) as error:
        choose(manifest(entry("orders"), entry("bills")), selection)
    assert told in error.value.why


@pytest.mark.parametrize(
    "selection",
    [
        Selection(into="admin"),
        Selection(into="a b"),
        Selection(into="a.b"),
        Selection(into="a/b"),
        Selection(into=""),
        Selection(into="d" * 64),
        Selection(renames={"orders": "system.users"}),
        Selection(renames={"orders": "__skc_old_x"}),
        Selection(renames={"orders": "a$b"}),
        Selection(renames={"orders": ".a"}),
        Selection(renames={"orders": "n" * 252}),
    ],
)
def test_a_name_that_may_not_be_given_is_a_usage_error(selection: Selection) -> None:
    with pytest.raises(NameNotAllowed):
        choose(manifest(entry("orders")), selection)


def test_swapping_two_names_is_fine() -> None:
    pieces = choose(manifest(entry("a"), entry("b")), Selection(renames={"a": "b", "b": "a"}))
    assert [(piece.entry, piece.name) for piece in pieces] == [("app.a", "b"), ("app.b", "a")]
