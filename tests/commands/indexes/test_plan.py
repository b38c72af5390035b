"""What is decided on a difference, without any server."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from skillconnect_ops.commands.indexes.bridge import guard
from skillconnect_ops.commands.indexes.difference import difference
from skillconnect_ops.commands.indexes.estimate import estimated, takes
from skillconnect_ops.commands.indexes.model import Facts, Wishes
from skillconnect_ops.commands.indexes.plan import Decided, Where, decide
from skillconnect_ops.core.indexes import Declaration, Index, Keys
from skillconnect_ops.core.outcome import Known
from skillconnect_ops.core.ports.indexes import (
    CollectionFigures,
    DiskSpace,
    FoundCollection,
    FoundIndex,
    HiddenIndex,
    IndexUse,
    Listing,
    StandIn,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
A: Keys = (("a", 1),)
ID = Index(keys=(("_id", 1),), name="_id_")
FACTS = Facts(version=(6, 0), now=NOW)
WHERE = Where(target="test", database="db")


def exact(index: Index) -> str:
    """Much as a server words it."""
    return json.dumps({"key": dict(index.keys), "name": index.called, **index.options()})


def found(*indexes: Index, building: bool = False, collation: Any = None) -> Listing:
    listed = tuple(
        FoundIndex(index=replace(one, name=one.called), exact=exact(one), building=building)
        for one in indexes
    )
    own = FoundIndex(index=ID, exact=exact(ID))
    one = FoundCollection(name="c", uuid="1", collation=collation, indexes=(own, *listed))
    return Listing(collections=(one,))


def decided(
    wanted: list[Index], there: Listing, *, facts: Facts = FACTS, wishes: Wishes | None = None
) -> Decided:
    declared = [
        Declaration(collection="c", index=one, path="indexes.yaml", line=n)
        for n, one in enumerate(wanted, 1)
    ]
    rows = difference(declared, there)
    return decide(rows, there, facts, wishes or Wishes(), where=WHERE)


def keys(of: Decided) -> list[str]:
    return [one.key for one in (*of.steps, *of.final)]


def test_nothing_to_do_is_nothing() -> None:
    assert keys(decided([Index(keys=A)], found(Index(keys=A)))) == []


def test_a_replacement_stands_before_the_old_one_is_hidden_and_that_is_dropped_last() -> None:
    old = Index(keys=A, collation={"locale": "de"})
    plan = decided([Index(keys=A, collation={"locale": "sv"}, name="new")], found(old))
    assert [one.key for one in plan.steps] == ["create:c", "hide:c.a_1"]
    assert [one.key for one in plan.final] == ["drop:c.a_1"]
    assert plan.gaps == ()


def test_a_capped_collection_expires_nothing_before_7_1() -> None:
    there = Listing(collections=(FoundCollection(name="c", uuid="1", capped=True),))
    wanted = [Index(keys=A, expire_after_s=60)]
    assert "c is capped" in decided(wanted, there).blocked[0]
    newer = decided(wanted, there, facts=replace(FACTS, version=(7, 1)))
    assert (newer.blocked, keys(newer)) == ((), ["create:c", "expire:c.a_1"])


def test_under_the_same_name_it_is_rebuilt_behind_a_bridge() -> None:
    plan = decided([Index(keys=A)], found(Index(keys=A, sparse=True)))
    assert keys(plan) == ["bridge:c", "make-room:c", "rebuild:c", "unbridge:c"]
    bridge: Any = plan.steps[0]
    (only,) = bridge.builds
    assert only.index.keys == (("a", 1), ("_id", 1))


def test_a_unique_one_has_a_guard_besides() -> None:
    plan = decided([Index(keys=A, unique=True, sparse=True)], found(Index(keys=A, unique=True)))
    bridge: Any = plan.steps[0]
    _, new, old = (one.index for one in bridge.builds)
    assert new.unique
    assert new.partial_filter == {"a": {"$exists": True}}
    assert old.unique
    assert old.partial_filter == {"_id": {"$exists": True}}


@pytest.mark.parametrize("kind", ["2dsphere", "2d"])
def test_nothing_stands_for_a_geospatial_index_since_two_of_them_break_geonear(kind: str) -> None:
    old = Index(keys=(("p", kind),), name="x")
    plan = decided([Index(keys=(("p", kind), ("n", 1)), name="x")], found(old))
    assert keys(plan) == ["make-room:c", "rebuild:c"]
    (gap,) = plan.gaps
    assert "queries of $near and $geoNear fail meanwhile" in gap


def test_a_text_index_that_is_replaced_leaves_its_queries_failing_and_not_slow() -> None:
    old, new = Index(keys=(("a", "text"),)), Index(keys=(("a", "text"), ("b", "text")))
    (gap,) = decided([new], found(old)).gaps
    assert gap.endswith("and queries of $text fail meanwhile")


def test_two_geospatial_indexes_side_by_side_are_a_gap_too() -> None:
    old = Index(keys=(("p", "2dsphere"),))
    new = Index(keys=(("p", "2dsphere"),), name="new", partial_filter={"n": 1})
    plan = decided([new], found(old))
    assert keys(plan) == ["create:c", "hide:c.p_2dsphere", "drop:c.p_2dsphere"]
    (gap,) = plan.gaps
    assert "$geoNear that name no `key` fail meanwhile" in gap


def test_a_hidden_index_is_used_by_no_query_and_leaves_no_gap() -> None:
    old = Index(keys=(("a", "text"),), hidden=True)
    new = Index(keys=(("a", "text"),), default_language="french")
    assert decided([new], found(old)).gaps == ()


@pytest.mark.parametrize(
    "options", [{"bits": 20}, {"min": -500}, {"max": 500}, {"sphere_version": 2}], ids=str
)
def test_a_guard_has_the_bounds_of_what_it_guards(options: dict[str, Any]) -> None:
    """Without them a point beyond the earth is refused by the guard alone."""
    kind = "2dsphere" if "sphere_version" in options else "2d"
    index = Index(keys=(("p", kind),), unique=True, **options)
    made = guard(index, number=1, version=(6, 0))
    assert made is not None
    assert {name: getattr(made, name) for name in options} == options


def test_an_index_that_is_to_be_unique_no_more_is_told() -> None:
    there = found(Index(keys=A, unique=True))
    (told,) = decided([Index(keys=A)], there).notes
    assert told == "c.a_1 is unique no more then, and nothing keeps duplicates of {a: 1} out"
    assert decided([Index(keys=A, unique=True, sparse=True)], there).notes == ()


def test_before_6_0_an_index_becomes_unique_by_a_rebuild() -> None:
    facts = replace(FACTS, version=(5, 0))
    plan = decided([Index(keys=A, unique=True)], found(Index(keys=A)), facts=facts)
    assert "rebuild:c" in keys(plan)


def test_a_first_time_to_live_is_set_past_the_turn_and_told() -> None:
    plan = decided([Index(keys=A, expire_after_s=60)], found(Index(keys=A)))
    assert [one.key for one in plan.final] == ["expire:c.a_1"]
    assert "no undo brings them back" in plan.notes[0]


def test_a_longer_time_to_live_is_no_danger() -> None:
    there = found(Index(keys=A, expire_after_s=60))
    plan = decided([Index(keys=A, expire_after_s=90)], there)
    assert keys(plan) == ["modify:c.a_1"]
    assert plan.notes == ()


def test_what_is_being_built_is_followed() -> None:
    plan = decided([Index(keys=A)], found(Index(keys=A), building=True))
    assert keys(plan) == ["follow:c.a_1"]
    assert list(plan.touched) == []


def test_what_is_being_built_with_other_options_is_in_the_way() -> None:
    plan = decided([Index(keys=A, sparse=True)], found(Index(keys=A), building=True))
    assert "being built with other options" in plan.blocked[0]


def test_a_collection_that_is_not_clustered_cannot_become_so() -> None:
    plan = decided([Index(keys=(("_id", 1),), clustered=True)], found())
    assert "cannot be made clustered" in plan.blocked[0]


def test_sixty_four_indexes_are_the_most_also_for_a_while() -> None:
    many = [Index(keys=((f"f{n}", 1),)) for n in range(62)]
    there = found(*many, Index(keys=A, sparse=True))
    plan = decided([*many, Index(keys=A)], there)
    assert "would have 65 indexes at once" in plan.blocked[0]


def test_a_name_of_another_s_is_passed_by_where_none_was_chosen() -> None:
    there = found(Index(keys=(("b", 1),), name="a_1"))
    plan = decided([Index(keys=A)], there)
    create: Any = plan.steps[0]
    assert create.builds[0].index.called == "a_1_2"


@pytest.mark.parametrize(
    ("operations", "wishes", "hidden"),
    [
        (0, Wishes(prune=True), True),
        (1, Wishes(prune=True), False),
        (1, Wishes(prune=True, prune_used=True), True),
        (0, Wishes(), False),
    ],
)
def test_an_extra_one_is_hidden_if_nobody_uses_it(
    operations: int, wishes: Wishes, *, hidden: bool
) -> None:
    facts = used(operations, since=NOW - timedelta(days=2))
    plan = decided([], found(Index(keys=A)), facts=facts, wishes=wishes)
    assert keys(plan) == (["hide:c.a_1"] if hidden else [])


def used(operations: int, *, since: datetime) -> Facts:
    use = IndexUse(node="n", operations=operations, since=since)
    return replace(FACTS, figures={"c": CollectionFigures(uses={"a_1": (use,)})})


@pytest.mark.parametrize(("hours", "hides"), [(1, False), (25, True)])
def test_a_counter_that_began_a_moment_ago_says_nothing(hours: int, *, hides: bool) -> None:
    facts = used(0, since=NOW - timedelta(hours=hours))
    plan = decided([], found(Index(keys=A)), facts=facts, wishes=Wishes(prune=True))
    assert bool(plan.steps) == hides
    assert hides or "its use is counted only since" in plan.notes[0]


def test_the_youngest_counter_of_all_nodes_counts() -> None:
    uses = tuple(
        IndexUse(node=str(hours), operations=0, since=NOW - timedelta(hours=hours))
        for hours in (2000, 1)
    )
    facts = replace(FACTS, figures={"c": CollectionFigures(uses={"a_1": uses})})
    assert keys(decided([], found(Index(keys=A)), facts=facts, wishes=Wishes(prune=True))) == []


@pytest.mark.parametrize("kind", ["text", "2dsphere", "2d"])
def test_what_queries_cannot_do_without_is_not_hidden_unasked(kind: str) -> None:
    there = found(Index(keys=(("a", kind),), name="a_1"))
    facts = used(0, since=NOW - timedelta(days=30))
    plan = decided([], there, facts=facts, wishes=Wishes(prune=True))
    assert keys(plan) == []
    assert "fail while there is no such index" in plan.notes[0]
    insists = Wishes(prune=True, prune_used=True)
    assert keys(decided([], there, facts=facts, wishes=insists)) == ["hide:c.a_1"]


@pytest.mark.parametrize(
    "changed",
    [
        Index(keys=(("b", 1),), name="ttl", expire_after_s=60),
        Index(keys=A, name="ttl", expire_after_s=60, partial_filter={"b": True}),
        Index(keys=A, name="ttl", expire_after_s=60, sparse=True),
        Index(keys=A, name="ttl", expire_after_s=90),
        Index(keys=A, name="ttl"),
    ],
    ids=["other keys", "other documents", "more documents", "shorter", "none before"],
)
def test_whatever_makes_documents_expire_is_said_and_comes_last(changed: Index) -> None:
    wanted = Index(keys=A, name="ttl", expire_after_s=60)
    facts = replace(FACTS, expiring={("c", "ttl"): Known(7)})
    plan = decided([wanted], found(changed), facts=facts)
    assert "delete 7 documents of c whose a is more than 1 min" in plan.notes[0]
    (last,) = (one for one in plan.final if one.key == "expire:c.ttl")
    assert "deletes 7 documents" in last.says()
    for step in plan.steps:
        for build in getattr(step, "builds", ()):
            assert build.index.expire_after_s is None


def test_what_makes_documents_stay_longer_is_nothing_to_ask_about() -> None:
    there = found(Index(keys=A, expire_after_s=60))
    plan = decided([Index(keys=A, expire_after_s=90)], there)
    assert [one.key for one in plan.steps] == ["modify:c.a_1"]
    assert plan.notes == ()


def test_a_time_series_takes_no_unique_index() -> None:
    there = found(Index(keys=A))
    (only,) = there.collections
    series = replace(there, collections=(replace(only, timeseries=True),))
    assert (
        "a time series takes no unique index"
        in decided([Index(keys=A, unique=True)], series).blocked[0]
    )


def test_one_whose_use_a_node_did_not_tell_stays() -> None:
    use = IndexUse(node="n", operations=0, since=NOW)
    figures = {"c": CollectionFigures(uses={"a_1": (use,)})}
    facts = replace(FACTS, figures=figures, uses_known=False)
    plan = decided([], found(Index(keys=A)), facts=facts, wishes=Wishes(prune=True))
    assert keys(plan) == []
    assert "could not be seen" in plan.notes[0]


@pytest.mark.parametrize(("days", "goes"), [(6, False), (8, True)])
def test_a_hidden_one_is_dropped_when_its_time_is_over(days: int, *, goes: bool) -> None:
    facts = replace(FACTS, watched=(watched(days),))
    plan = decided([], found(Index(keys=A, hidden=True)), facts=facts, wishes=Wishes(prune=True))
    assert [one.key for one in plan.final] == (["drop:c.a_1"] if goes else [])


def watched(days: float, **more: Any) -> HiddenIndex:
    return HiddenIndex(
        collection="c",
        name="a_1",
        run="r",
        exact=exact(Index(keys=A)),
        since=NOW - timedelta(days=days),
        age_s=days * 86_400,
        **more,
    )


@pytest.mark.parametrize(("told_s", "goes"), [(None, False), (10 * 86_400.0, True)])
def test_it_stays_as_long_as_was_said_when_it_was_hidden(
    told_s: float | None, *, goes: bool
) -> None:
    facts = replace(FACTS, watched=(watched(20, observe_s=30 * 86_400.0),))
    wishes = Wishes(prune=True, observe_s=told_s)
    plan = decided([], found(Index(keys=A, hidden=True)), facts=facts, wishes=wishes)
    assert [one.key for one in plan.final] == (["drop:c.a_1"] if goes else [])


def test_another_index_of_its_name_was_never_watched() -> None:
    facts = replace(FACTS, watched=(watched(100),))
    other = found(Index(keys=(("b", 1),), name="a_1", hidden=True))
    plan = decided([], other, facts=facts, wishes=Wishes(prune=True))
    assert keys(plan) == ["hide:c.a_1"], "it is watched from now on"


def test_that_values_are_kept_apart_no_more_is_said_before_it_is_dropped() -> None:
    facts = replace(FACTS, watched=(replace(watched(8), exact=exact(Index(keys=A, unique=True))),))
    there = found(Index(keys=A, unique=True, hidden=True))
    plan = decided([], there, facts=facts, wishes=Wishes(prune=True))
    assert [one.key for one in plan.final] == ["drop:c.a_1"]
    assert "nothing keeps duplicates out" in plan.notes[0]


def test_one_that_somebody_else_hid_is_watched_from_now_on() -> None:
    plan = decided([], found(Index(keys=A, hidden=True)), wishes=Wishes(prune=True))
    assert keys(plan) == ["hide:c.a_1"]


def test_what_changes_is_kept_as_it_was() -> None:
    plan = decided([Index(keys=A), Index(keys=(("b", 1),))], found(Index(keys=A, sparse=True)))
    kept = {one.name: one.index is not None for one in plan.touched}
    assert kept == {"b_1": False, "a_1": True}  # a stand-in is nobody's, and goes anyhow


def test_a_size_is_taken_from_a_neighbour_that_begins_alike() -> None:
    there = found(Index(keys=(("a", 1), ("b", 1))))
    plan = decided([Index(keys=A), Index(keys=(("c", 1),))], there)
    figures = {"c": CollectionFigures(documents=1000, index_bytes={"a_1_b_1": 50_000})}
    steps, total = estimated(plan.steps, there, figures)
    assert total == 25_000 + 1000 * 26
    assert "1,000 documents, about 51.0 kB" in steps[0].says()


BRIDGE_LEFT = Index(keys=(("a", 1), ("_id", 1)), name="skc_bridge_1")
GUARD_LEFT = Index(
    keys=A, name="skc_guard_1", unique=True, partial_filter={"_id": {"$exists": True}}
)


def ours(*indexes: Index) -> Facts:
    """As runs have written them down."""
    stand_ins = tuple(StandIn(collection="c", index=one) for one in indexes)
    return replace(FACTS, stand_ins=stand_ins)


def test_what_only_has_such_a_name_is_not_ours() -> None:
    other = Index(keys=(("b", 1),), name="skc_guard_1", unique=True)
    plan = decided([Index(keys=A)], found(Index(keys=A), other), facts=ours(GUARD_LEFT))
    assert keys(plan) == []


def test_what_a_dead_run_left_goes_when_its_successor_stands() -> None:
    facts = ours(BRIDGE_LEFT, GUARD_LEFT)
    plan = decided([Index(keys=A, unique=True)], found(BRIDGE_LEFT, GUARD_LEFT), facts=facts)
    assert [one.key for one in plan.steps] == ["create:c"]
    (drop,) = plan.final
    assert drop.says().startswith("drop c.skc_bridge_1, c.skc_guard_1 (")
    assert {one.name for one in plan.touched} == {"a_1"}


def test_what_a_dead_run_left_stands_for_the_old_one_again() -> None:
    old = Index(keys=A, unique=True, sparse=True)
    plan = decided([Index(keys=A, unique=True)], found(old, BRIDGE_LEFT))
    assert keys(plan) == ["bridge:c", "make-room:c", "rebuild:c", "unbridge:c"]
    bridge: Any = plan.steps[0]
    names = [one.index.called for one in bridge.builds]
    assert names == ["skc_bridge_1", "skc_guard_2", "skc_guard_3"]


def test_what_a_dead_run_left_for_another_declaration_is_not_in_the_way() -> None:
    old = Index(keys=A, unique=True, sparse=True)
    left = replace(GUARD_LEFT, partial_filter={"b": {"$exists": True}})
    plan = decided([Index(keys=A, unique=True)], found(old, left), facts=ours(left))
    bridge: Any = plan.steps[0]
    assert "skc_guard_2" in [one.index.called for one in bridge.builds]
    assert [one.key for one in plan.final] == ["drop:c.skc_guard_1"]


def test_what_a_large_build_takes_is_told() -> None:
    disk = Known(DiskSpace(total_bytes=10**12, used_bytes=0))
    (said,) = takes(50_000_000, disk)
    assert "about 50.0 MB of disk of 1.0 TB free" in said
    assert takes(1000, disk) == ()
