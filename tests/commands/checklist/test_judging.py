"""The state of an item follows from evidence, time and policy, and from nothing else."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from skillconnect_ops.commands.checklist.judging import doubt, judged
from skillconnect_ops.commands.checklist.model import (
    AnyMeans,
    ByAudit,
    ByCommand,
    ByEvidence,
    ByHttp,
    ByPerson,
    Checklists,
    Group,
    Item,
    Probe,
    Scope,
)
from skillconnect_ops.commands.checklist.standing import (
    ATTESTED,
    UNWAIVED,
    WAIVED,
    WITHDRAWN,
    ItemStanding,
    Look,
    Outcome,
    Status,
)
from skillconnect_ops.core.ports.evidence import Evidence
from tests.commands.checklist.making import AT, HERE, LOOK, NOW, looked, one_item, record

AUDIT = ByAudit(audit=("console-call",))
DRILL = ByEvidence(evidence="backup.restorable")
WORD = ByPerson(person="The load balancer is set up.")
HEALTH = ByHttp(http=Probe.HEALTHY)
DAY = timedelta(days=1)


def state(
    means: AnyMeans | Sequence[AnyMeans],
    *records: Evidence,
    look: Look = LOOK,
    **more: Any,
) -> ItemStanding:
    wanted = means if isinstance(means, Sequence) else (means,)
    (one,) = judged(one_item(*wanted, **more), records, look)
    return one


def drill(**more: Any) -> Evidence:
    facts = more.pop("subject", {"databases": ["app"], "complete": True})
    return record("backup.restorable", subject={**AT, **facts}, **more)


def word(days: int = 90, *, claim: str = ATTESTED, **more: Any) -> Evidence:
    subject = {"item": "group/item", "proof": WORD.digest, **AT}
    return record(claim, subject=subject, facts={"reason": "seen", "days": days}, **more)


def waiver(until: str = "2026-12-20", *, claim: str = WAIVED, **more: Any) -> Evidence:
    facts = {"owner": "ben", "reason": "later", "until": until}
    return record(claim, subject={"item": "group/item", **AT}, facts=facts, **more)


def test_without_a_record_nothing_is_proven() -> None:
    for means in (AUDIT, DRILL, WORD, HEALTH):
        assert state(means).status is Status.MISSING


def test_a_fresh_look_of_a_listed_signer_passes_and_says_until_when() -> None:
    found = state(AUDIT, looked(AUDIT))
    assert found.status is Status.PASS
    assert found.expires_at == NOW - timedelta(hours=1) + 7 * DAY


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (Outcome.FAIL, Status.FAIL),
        (Outcome.UNKNOWN, Status.UNKNOWN),
        (Outcome.NOT_APPLICABLE, Status.NOT_APPLICABLE),
        ("fine", Status.UNKNOWN),
    ],
)
def test_no_other_outcome_is_a_pass(outcome: Outcome | str, status: Status) -> None:
    assert state(AUDIT, looked(AUDIT, outcome)).status is status


def test_a_record_that_contradicts_itself_is_unknown() -> None:
    assert state(AUDIT, replace(looked(AUDIT), holds=False)).status is Status.UNKNOWN
    fails = replace(looked(AUDIT, Outcome.FAIL), holds=True)
    assert state(AUDIT, fails).status is Status.UNKNOWN


def test_what_was_seen_lapses_to_the_second() -> None:
    in_time = looked(AUDIT, ago=7 * DAY - timedelta(seconds=1))
    assert state(AUDIT, in_time).status is Status.PASS
    assert state(AUDIT, looked(AUDIT, ago=7 * DAY)).status is Status.STALE


def test_code_that_changed_since_is_stale_and_another_target_s_evidence_nothing() -> None:
    assert state(AUDIT, looked(AUDIT, content="c0")).status is Status.STALE
    assert state(AUDIT, looked(AUDIT, content=None)).status is Status.STALE
    nowhere = replace(LOOK, place=replace(HERE, content=None))
    assert state(AUDIT, looked(AUDIT, content=None), look=nowhere).status is Status.UNKNOWN
    for other in ({"target": "demo"}, {"cluster": "127.0.0.1:27017"}):
        assert state(DRILL, drill(subject=other)).status is Status.MISSING
        assert state(HEALTH, looked(HEALTH, subject=other)).status is Status.MISSING


def test_an_answer_counts_for_the_address_alone_that_gave_it() -> None:
    urls = {"urls": ["http://127.0.0.1:1/health"]}
    assert state(HEALTH, looked(HEALTH, subject=urls)).status is Status.PASS
    moved = {"urls": ["http://127.0.0.1:2/health"]}
    assert state(HEALTH, looked(HEALTH, subject=moved)).status is Status.MISSING


def test_where_nobody_can_tell_the_cluster_a_drill_of_the_target_is_unknown() -> None:
    place = replace(HERE, clusters=frozenset[str | None](), lacks="MONGO_URI is not set")
    found = state(DRILL, drill(), look=replace(LOOK, place=place))
    assert (found.status, found.says) == (Status.UNKNOWN, "MONGO_URI is not set")
    assert state(DRILL, look=replace(LOOK, place=place)).status is Status.MISSING


def test_another_definition_in_the_file_is_another_proof() -> None:
    assert state(ByAudit(audit=("console-call",), within="8d"), looked(AUDIT)).status is (
        Status.MISSING
    )


def test_a_key_that_is_not_listed_claims_and_never_passes() -> None:
    assert state(AUDIT, looked(AUDIT, signer=None)).status is Status.CLAIMED
    not_applicable = looked(AUDIT, Outcome.NOT_APPLICABLE, signer=None)
    assert state(AUDIT, not_applicable).status is Status.CLAIMED
    assert state(DRILL, drill(signer=None)).status is Status.CLAIMED
    assert state(AUDIT, looked(AUDIT, signer=None, ago=8 * DAY)).status is Status.STALE


def test_a_claim_never_hides_a_failure() -> None:
    fails = looked(AUDIT, Outcome.FAIL)
    claimed = looked(AUDIT, signer=None, writer="k2-w")
    assert state(AUDIT, fails, claimed).status is Status.FAIL
    # nor one that another key claimed
    seen = looked(AUDIT, Outcome.FAIL, signer=None, writer="k3-w")
    assert state(AUDIT, seen, claimed).status is Status.FAIL
    assert state(AUDIT, looked(AUDIT), seen, claimed).status is Status.REGRESSED
    # until its own, or a listed one, saw it mended
    assert state(AUDIT, seen, looked(AUDIT, signer=None, writer="k3-x")).status is Status.CLAIMED
    assert state(AUDIT, seen, looked(AUDIT)).status is Status.PASS


def test_a_record_of_another_project_is_no_claim_even() -> None:
    assert state(AUDIT, looked(AUDIT, ours=False)).status is Status.MISSING
    assert state(AUDIT, looked(AUDIT), looked(AUDIT, Outcome.FAIL, ours=False)).status is (
        Status.PASS
    )


def test_what_held_once_and_fails_has_regressed_at_the_first_bad_moment() -> None:
    held = looked(AUDIT, ago=5 * DAY)
    first = looked(AUDIT, Outcome.FAIL, ago=4 * DAY)
    unknown = looked(AUDIT, Outcome.UNKNOWN, ago=3 * DAY)
    again = looked(AUDIT, Outcome.FAIL, ago=2 * DAY)
    found = state(AUDIT, held, first, unknown, again)
    assert (found.status, found.since) == (Status.REGRESSED, first.at)
    assert state(AUDIT, held, first, unknown).status is Status.REGRESSED
    assert state(AUDIT, held, first, again, looked(AUDIT)).status is Status.PASS


def test_a_failure_does_not_lapse() -> None:
    assert state(AUDIT, looked(AUDIT, Outcome.FAIL, ago=300 * DAY)).status is Status.FAIL
    assert state(AUDIT, looked(AUDIT, Outcome.FAIL, content="c0")).status is Status.FAIL


def test_who_cannot_look_does_not_pass_on_what_was_seen_before() -> None:
    assert state(AUDIT, looked(AUDIT), looked(AUDIT, Outcome.UNKNOWN)).status is Status.UNKNOWN


def test_an_act_s_record_has_to_say_what_is_wanted() -> None:
    taken = ByEvidence(evidence="backup.taken", facts={"encrypted": True})
    good = record("backup.taken", subject=AT, facts={"encrypted": True})
    bad = record("backup.taken", subject=AT, facts={"encrypted": False})
    assert state(taken, good).status is Status.PASS
    assert state(taken, bad).status is Status.FAIL
    assert state(taken, good, bad).status is Status.REGRESSED
    # 1 is not true
    assert state(taken, record("backup.taken", subject=AT, facts={"encrypted": 1})).status is (
        Status.FAIL
    )


def test_where_says_which_records_are_meant() -> None:
    whole = ByEvidence(evidence="backup.restorable", where={"complete": True})
    part = drill(subject={"databases": ["app"], "complete": False})
    assert state(whole, part).status is Status.MISSING
    assert state(whole, drill(ago=2 * DAY), part).status is Status.PASS


def test_a_drill_of_one_database_does_not_hide_that_of_another() -> None:
    bad = drill(subject={"databases": ["a"]}, holds=False, ago=2 * DAY)
    good = drill(subject={"databases": ["b"]})
    assert state(DRILL, bad, good).status is Status.FAIL
    by = ByEvidence(evidence="credential.refused", by=("secret",))
    old = record("credential.refused", subject={**AT, "secret": "s", "user": "a"}, holds=False)
    new = record("credential.refused", subject={**AT, "secret": "s", "user": "b"})
    assert state(by, old, new).status is Status.PASS


def test_the_worst_proof_speaks_and_what_does_not_apply_is_left_out() -> None:
    both = (AUDIT, DRILL)
    assert state(both, looked(AUDIT), drill()).status is Status.PASS
    assert state(both, looked(AUDIT)).status is Status.MISSING
    assert state(both, looked(AUDIT, Outcome.FAIL)).status is Status.FAIL
    assert state(both, looked(AUDIT, Outcome.NOT_APPLICABLE), drill()).status is Status.PASS
    assert state((AUDIT, WORD), looked(AUDIT), word()).status is Status.ATTESTED
    found = state(both, looked(AUDIT), drill(ago=20 * DAY))
    assert found.expires_at == NOW - timedelta(hours=1) + 7 * DAY


def test_a_word_counts_as_long_as_was_said_and_never_longer_than_the_policy() -> None:
    assert state(WORD, word()).status is Status.ATTESTED
    assert state(WORD, word(30, ago=30 * DAY)).status is Status.STALE
    assert state(WORD, word(400, ago=90 * DAY)).status is Status.STALE
    assert state(WORD, word(-3)).status is Status.STALE
    assert state(WORD, word(True)).status is Status.STALE
    assert state(WORD, word(signer=None)).status is Status.CLAIMED


def test_a_word_can_be_taken_back_but_not_by_just_anybody() -> None:
    back = word(claim=WITHDRAWN)
    assert state(WORD, word(), back).status is Status.MISSING
    assert state(WORD, word(), back, word()).status is Status.ATTESTED
    assert state(WORD, word(), word(claim=WITHDRAWN, signer=None)).status is Status.ATTESTED


def test_no_word_proves_what_a_machine_can_see() -> None:
    said = replace(word(), subject={"item": "group/item", "proof": AUDIT.digest})
    assert state(AUDIT, said).status is Status.MISSING


def test_a_waiver_stands_for_what_is_not_proven_until_its_day() -> None:
    assert state(DRILL, waiver()).status is Status.WAIVED
    found = state(DRILL, drill(holds=False), waiver())
    assert (found.status, found.behind) == (Status.WAIVED, Status.FAIL)
    assert state(DRILL, drill(), waiver()).status is Status.PASS
    lapsed = state(DRILL, waiver("2026-11-22", ago=10 * DAY))
    assert lapsed.status is Status.MISSING
    assert lapsed.waiver is not None
    assert lapsed.waiver.overdue


def test_a_must_cannot_be_waived_nor_anything_by_an_unlisted_key_or_for_too_long() -> None:
    assert state(DRILL, waiver(), must=True).status is Status.MISSING
    assert state(DRILL, waiver(signer=None)).status is Status.MISSING
    assert state(DRILL, waiver("2027-02-23")).status is Status.MISSING
    assert state(DRILL, waiver("soon")).status is Status.MISSING
    assert state(DRILL, waiver(), waiver(claim=UNWAIVED)).status is Status.MISSING


def test_an_item_can_be_another_one_under_another_name() -> None:
    first = Item(text="Do it", proof=(WORD,), weight=5)
    second = Item(text="Do it, too", same_as="group/item")
    lists = Checklists(
        version=1,
        groups={
            "group": Group(title="Group", items={"item": first}),
            "week": Group(title="Week", items={"again": second}),
        },
    )
    states = judged(lists, [word()], LOOK)
    assert [(one.name, one.status) for one in states] == [
        ("group/item", Status.ATTESTED),
        ("week/again", Status.ATTESTED),
    ]


def test_a_listed_record_of_the_future_puts_all_into_doubt() -> None:
    ahead = looked(DRILL, ago=-timedelta(minutes=6), seq=3)
    why = doubt([looked(AUDIT), ahead], NOW, latest=None)
    assert why is not None
    assert "record 3 of .skc/evidence/k1-w1.jsonl, by ana," in why
    found = state((AUDIT, WORD), looked(AUDIT), word(), look=replace(LOOK, doubt=why))
    assert (found.status, found.says) == (Status.UNKNOWN, why)
    # a claim of the future stops nobody
    assert doubt([replace(ahead, signer=None)], NOW, latest=None) is None
    assert doubt([looked(DRILL, ago=-timedelta(minutes=4))], NOW, latest=None) is None


def test_a_clock_that_was_put_back_is_noticed_even_where_no_record_tells() -> None:
    assert doubt([], NOW, latest=NOW + timedelta(minutes=6)) is not None
    assert doubt([], NOW, latest=NOW + timedelta(minutes=4)) is None


def test_a_command_about_the_project_is_bound_to_its_code_and_one_about_a_target_is_not() -> None:
    about = ByCommand(command=("indexes", "check"), subject=Scope.TARGET)
    assert state(about, looked(about, content="c0")).status is Status.PASS
    project = ByCommand(command=("secrets", "scan"))
    assert state(project, looked(project, content="c0")).status is Status.STALE
