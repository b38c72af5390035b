"""Dead is what was renewed since, and seen refused; pure."""

from datetime import UTC, datetime, timedelta

from skillconnect_ops.commands.respond.dead_act import judged
from skillconnect_ops.evidence.matching import Reason, Refusal, Retired, Retirement

BEGAN = datetime(2026, 11, 29, 2, 0, tzinfo=UTC)


def retired(name: str, refusal: Refusal, *, minutes: int) -> Retired:
    return Retired(
        retirement=Retirement(
            name=name,
            kind="value",
            reason=Reason.LEAKED,
            refusal=refusal,
            by=None,
            key="k",
            fingerprints=(),
            private=False,
        ),
        at=BEGAN + timedelta(minutes=minutes),
        writer="w",
        seq=1,
        signer="ada",
    )


def test_a_value_that_was_renewed_before_the_incident_is_not_dead() -> None:
    found = judged({"A": "mongodb"}, [retired("A", Refusal.PROVEN, minutes=-1)], since=BEGAN)
    assert found.alive == {"A": "not renewed since the incident began"}


def test_a_database_s_old_password_has_to_be_seen_refused() -> None:
    found = judged({"A": "mongodb"}, [retired("A", Refusal.UNPROVEN, minutes=1)], since=BEGAN)
    assert "nobody saw the old value refused" in found.alive["A"]
    found = judged({"A": "mongodb"}, [retired("A", Refusal.PROVEN, minutes=1)], since=BEGAN)
    assert (found.dead, found.alive) == (("A",), {})


def test_a_key_that_no_server_refuses_is_named_to_be_tried() -> None:
    found = judged({"A": "jwt"}, [retired("A", Refusal.UNPROVEN, minutes=1)], since=BEGAN)
    assert (found.to_try, found.alive) == (("A",), {})


def test_what_somebody_revoked_elsewhere_counts() -> None:
    found = judged({"A": "manual"}, [retired("A", Refusal.ELSEWHERE, minutes=1)], since=BEGAN)
    assert found.dead == ("A",)
