"""What `prune` keeps, against an oracle written another way."""

import datetime as dt
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from skillconnect_ops.commands.backup.manifest import ZEROS
from skillconnect_ops.commands.backup.model import (
    BackupSubject,
    Consistency,
    ConsistencyKind,
    Drill,
    Manifest,
    ServerFacts,
    Stored,
    Tool,
    Verdict,
)
from skillconnect_ops.commands.backup.retention import decide, decide_all
from skillconnect_ops.core.ports.database import Topology
from skillconnect_ops.core.settings.model import Keep

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
Line = tuple[str, tuple[str, ...], tuple[str, ...]]


def stored(
    number: int,
    at: dt.datetime,
    verdict: Verdict | None = None,
    *,
    target: str = "t",
    database: str = "app",
    only: tuple[str, ...] = (),
    without: tuple[str, ...] = (),
) -> Stored:
    manifest = Manifest(
        id=f"{at:%Y-%m-%dT%H-%M-%SZ}-{number}",
        subject=BackupSubject(
            target=target,
            cluster="c",
            databases=(database,),
            complete=not only and not without,
            only=only,
            without=without,
        ),
        started_at=at,
        finished_at=at,
        seconds=1,
        tool=Tool(name="skc", version="0"),
        server=ServerFacts(version="6", topology=Topology.REPLICA_SET, set_name="rs"),
        consistency=Consistency(kind=ConsistencyKind.SNAPSHOT, statement=""),
        compression="zstd:1",
        encryption=None,
        documents=0,
        size_bytes=0,
        stored_bytes=0,
        collections=(),
        journal=None,
        digest=ZEROS,
    )
    if verdict is None:
        return Stored(manifest=manifest, drill=None)
    drill = Drill(
        backup=manifest.id,
        manifest=ZEROS,
        at=at,
        seconds=1,
        verdict=verdict,
        where="",
        collections=0,
        documents=0,
        size_bytes=0,
        differences=(),
        digest=ZEROS,
    )
    return Stored(manifest=manifest, drill=drill)


offsets = st.lists(st.integers(0, 500 * 24 * 60), min_size=0, max_size=40, unique=True)
verdicts = st.sampled_from([None, Verdict.PASSED, Verdict.FAILED])
keeps = st.builds(
    Keep, daily=st.integers(0, 9), weekly=st.integers(0, 6), monthly=st.integers(0, 14)
)


@st.composite
def timelines(draw: st.DrawFn) -> list[Stored]:
    minutes = draw(offsets)
    return [
        stored(number, START + dt.timedelta(minutes=minute), draw(verdicts))
        for number, minute in enumerate(minutes)
    ]


def oracle(backups: Sequence[Stored], keep: Keep) -> set[str]:
    """Ids that stay: by sorting periods and picking from each, no running state."""

    def best(group: list[Stored]) -> Stored:
        good = [one for one in group if one.drill is None or one.drill.verdict != Verdict.FAILED]
        return max(good or group, key=lambda one: one.manifest.started_at)

    stay: set[str] = set()
    formats = ((keep.daily, "%Y-%m-%d"), (keep.weekly, "%G-%V"), (keep.monthly, "%Y-%m"))
    for number, shape in formats:
        names = sorted({one.manifest.started_at.strftime(shape) for one in backups})
        for name in names[-number:] if number else []:
            group = [one for one in backups if one.manifest.started_at.strftime(shape) == name]
            stay.add(best(group).manifest.id)
    if backups:
        stay.add(max(backups, key=lambda one: one.manifest.started_at).manifest.id)
        stay.add(best(list(backups)).manifest.id)
    passed = [one for one in backups if one.drill and one.drill.verdict == Verdict.PASSED]
    if passed:
        stay.add(max(passed, key=lambda one: one.manifest.started_at).manifest.id)
    return stay


@settings(max_examples=200, deadline=None)
@given(timelines(), keeps)
def test_what_stays_is_what_the_oracle_says(backups: list[Stored], keep: Keep) -> None:
    decisions = decide(backups, keep)
    assert {one.id for one in decisions if one.stays} == oracle(backups, keep)
    assert len(decisions) == len(backups)


@settings(max_examples=200, deadline=None)
@given(timelines(), keeps)
def test_the_newest_that_passed_a_drill_always_stays(backups: list[Stored], keep: Keep) -> None:
    passed = [one for one in backups if one.drill and one.drill.verdict is Verdict.PASSED]
    if passed:
        newest = max(passed, key=lambda one: one.manifest.started_at).manifest.id
        decision = next(one for one in decide(backups, keep) if one.id == newest)
        assert "newest that passed a drill" in decision.reasons


@settings(max_examples=200, deadline=None)
@given(timelines(), keeps)
def test_pruning_twice_removes_nothing_more(backups: list[Stored], keep: Keep) -> None:
    stay = {one.id for one in decide(backups, keep) if one.stays}
    left = [one for one in backups if one.manifest.id in stay]
    assert all(one.stays for one in decide(left, keep))


lines = st.tuples(
    st.sampled_from(["mine", "theirs"]),
    st.sampled_from([(), ("a",), ("a", "b")]),
    st.sampled_from([(), ("log*",)]),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 100_000), lines, verdicts), max_size=20), keeps)
def test_no_line_of_backups_stands_in_for_another(
    drawn: list[tuple[int, Line, Verdict | None]], keep: Keep
) -> None:
    """Other targets' stay; parts, and other parts, are each decided alone."""
    of_line: dict[Line, list[Stored]] = {}
    for number, (minute, line, verdict) in enumerate(drawn):
        target, only, without = line
        one = stored(
            number,
            START + dt.timedelta(minutes=minute, seconds=number),
            verdict,
            target=target,
            only=only,
            without=without,
        )
        of_line.setdefault(line, []).append(one)
    backups = [one for group in of_line.values() for one in group]
    decisions = decide_all(backups, keep, target="mine")
    assert set(decisions) == {one.manifest.id for one in backups}
    for (target, _, _), group in of_line.items():
        ids = {one.manifest.id for one in group}
        stay = {name for name in ids if decisions[name].stays}
        assert stay == (oracle(group, keep) if target == "mine" else ids)


def test_a_failed_drill_never_represents_a_day_that_has_a_better_one() -> None:
    good = stored(1, START, Verdict.PASSED)
    untested = stored(2, START + dt.timedelta(hours=1))
    bad = stored(3, START + dt.timedelta(hours=2), Verdict.FAILED)
    stay = {
        one.id: one.reasons
        for one in decide([good, untested, bad], Keep(daily=1, weekly=0, monthly=0))
    }
    assert stay[bad.manifest.id] == ("newest",)
    assert stay[untested.manifest.id] == ("daily", "newest that was not found damaged")
    assert stay[good.manifest.id] == ("newest that passed a drill",)
