"""Evidence, time and policy -> the state of every item; pure: it asks nothing of the world."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from skillconnect_ops.commands.checklist.model import (
    MOST_DAYS,
    AnyMeans,
    ByEvidence,
    ByHttp,
    ByPerson,
    Checklists,
    Item,
    Scope,
)
from skillconnect_ops.commands.checklist.standing import (
    ATTESTED,
    PROOF,
    RANK,
    SKEW,
    UNWAIVED,
    WAIVED,
    WITHDRAWN,
    ItemStanding,
    Look,
    Outcome,
    Place,
    Standing,
    Status,
    Waiver,
)
from skillconnect_ops.core.ports.evidence import Evidence
from skillconnect_ops.core.settings.rules import period_s

ByClaim = Mapping[str, Sequence[Evidence]]
"""The records in their order, by `_shelf`; what is taken back stands with what it takes back."""
_TOGETHER = {WITHDRAWN: ATTESTED, UNWAIVED: WAIVED}


class _Told(Struct, frozen=True):
    """A record, and what it says of what is asked."""

    record: Evidence
    outcome: Outcome
    says: str


def doubt(records: Sequence[Evidence], now: datetime, *, latest: datetime | None) -> str | None:
    """Why this machine's clock, or a writer's, cannot be right; None where nothing says so.

    Were it not asked, a clock that is moved back would bring lapsed evidence back to life.

    Args:
        records: all evidence.
        now: this machine's time.
        latest: the latest time that it showed before.
    """
    ahead = [one for one in records if one.signer is not None and one.at > now + SKEW]
    if ahead:
        one = max(ahead, key=lambda record: record.at)
        return (
            f"record {one.seq} of .skc/evidence/{one.writer}.jsonl, by {one.signer}, is of "
            f"{moment(one.at)}, and the clock here says {moment(now)}: this clock is behind, or "
            "that one was ahead; set this one right, or wait until then, or take that key off "
            ".skc/allowed_signers and list a new one (skc init)"
        )
    if latest is not None and latest > now + SKEW:
        return (
            f"the clock here showed {moment(latest)} before, and says {moment(now)} now: it was "
            "put back; set it right (if it was ahead then: remove evidence-seen.json from the "
            "private state)"
        )
    return None


def judged(
    checklists: Checklists, records: Sequence[Evidence], look: Look
) -> tuple[ItemStanding, ...]:
    """The state of every item.

    Args:
        checklists: what is to be.
        records: all evidence, oldest first, those of one chain in their order.
        look: place and time.
    """
    by_claim: dict[str, list[Evidence]] = {}
    for one in records:
        if one.ours and one.at <= look.now + SKEW:
            by_claim.setdefault(_shelf(one), []).append(one)
    return tuple(
        _item(group, name, checklists, by_claim, look) for group, name, _ in checklists.named()
    )


def _shelf(one: Evidence) -> str:
    """Where a record stands; there are thousands of looks, so each proof has a shelf of its own."""
    if one.claim == PROOF:
        return f"{PROOF} {one.subject.get('proof')}"
    return _TOGETHER.get(one.claim, one.claim)


def _item(
    group: str, name: str, checklists: Checklists, records: ByClaim, look: Look
) -> ItemStanding:
    own = checklists.own(name)
    item, asked = checklists.item(name), own.same_as or name
    if look.doubt is not None:
        return ItemStanding(
            group=group, name=name, item=own, status=Status.UNKNOWN, says=look.doubt
        )
    proofs = tuple(standing(means, asked, records, look) for means in item.proof)
    counted = [one for one in proofs if one.status is not Status.NOT_APPLICABLE]
    if not counted:
        says = "; ".join(dict.fromkeys(one.says for one in proofs))
        status, worst = Status.NOT_APPLICABLE, None
    else:
        worst = max(counted, key=lambda one: RANK[one.status])
        status, says = worst.status, worst.says
    waiver = _waiver(asked, item, records, look)
    stands = waiver is not None and not waiver.overdue and RANK.get(status, 0) > 1
    if waiver is not None and stands:
        says = f"{waiver.owner} answers for it until {waiver.until:%Y-%m-%d}: {waiver.reason}"
    ends = [one.expires_at for one in counted if one.expires_at is not None]
    return ItemStanding(
        group=group,
        name=name,
        item=own,
        status=Status.WAIVED if stands else status,
        says=says,
        proofs=proofs,
        expires_at=min(ends, default=None),
        since=worst.since if worst is not None else None,
        waiver=waiver,
        behind=status if stands else None,
    )


def standing(means: AnyMeans, name: str, records: ByClaim, look: Look) -> Standing:
    """The state of one proof of the item of that name."""
    if isinstance(means, ByPerson):
        return _of_person(means, name, records, look)
    elsewhere, told = [], []
    for one in _about(means, records):
        if _is_here(means, one, look.place):
            told.append(_told(means, one))
        elif one.subject.get("target") == look.place.target:
            elsewhere.append(one)
    if means.subject is Scope.TARGET and not look.place.clusters and elsewhere:
        return Standing(status=Status.UNKNOWN, says=look.place.lacks, means=means)
    if not told:
        return Standing(status=Status.MISSING, says=_nothing(means), means=means)
    parts = [_decided(means, one, look) for one in _apart(means, told)]
    red = [one for one in parts if one.status.is_red]
    return min(red or parts, key=lambda one: RANK.get(one.status, 0))


def _about(means: AnyMeans, records: ByClaim) -> Iterator[Evidence]:
    """The records that speak of it, wherever they were made."""
    if isinstance(means, ByEvidence):
        for one in records.get(means.evidence, ()):
            known = {**one.facts, **one.subject}
            if all(_same(known.get(key), value) for key, value in means.where.items()):
                yield one
        return
    yield from records.get(f"{PROOF} {means.digest}", ())


def _is_here(means: AnyMeans, one: Evidence, place: Place) -> bool:
    """Whether it is of this target at this cluster; of the project, where that is what is asked."""
    if isinstance(means, ByHttp) and frozenset(_words(one.subject.get("urls"))) != place.urls:
        return False
    if means.subject is Scope.PROJECT:
        return isinstance(means, ByEvidence) or "target" not in one.subject
    same = place.target is not None and one.subject.get("target") == place.target
    return same and one.subject.get("cluster") in place.clusters


def _told(means: AnyMeans, one: Evidence) -> _Told:
    if isinstance(means, ByEvidence):
        known = {**one.subject, **one.facts}
        other = [key for key, wanted in means.facts.items() if not _same(known.get(key), wanted)]
        if not one.holds:
            return _Told(one, Outcome.FAIL, f"{one.claim} does not hold")
        if other:
            wanted = ", ".join(f"{key} {means.facts[key]}" for key in other)
            return _Told(one, Outcome.FAIL, f"{one.claim} is not what is wanted: {wanted}")
        return _Told(one, Outcome.PASS, one.claim)
    says = str(one.facts.get("says", ""))
    found = next((each for each in Outcome if each.value == one.facts.get("outcome")), None)
    if found is None or one.holds is not (found is Outcome.PASS):
        return _Told(one, Outcome.UNKNOWN, "the record contradicts itself")
    return _Told(one, found, says)


def _apart(means: AnyMeans, told: Sequence[_Told]) -> list[list[_Told]]:
    """Records of different things, each for itself: one database's drill is no other's."""
    if not isinstance(means, ByEvidence):
        return [list(told)]
    parts: dict[str, list[_Told]] = {}
    for one in told:
        subject = one.record.subject
        names = sorted(set(subject) - {"target", "cluster"}) if means.by is None else means.by
        key = repr([(name, subject.get(name)) for name in names])
        parts.setdefault(key, []).append(one)
    return list(parts.values())


def _decided(means: AnyMeans, told: Sequence[_Told], look: Look) -> Standing:
    """The state that records of one thing lead to, oldest first; there is at least one."""
    listed = [one for one in told if one.record.signer is not None]
    after = told[told.index(listed[-1]) + 1 :] if listed else told
    bad = _bad_news(after)
    if bad is not None:
        return _red(means, [*listed, bad])
    if not listed:
        return _claimed(means, told[-1], look)
    looked = [one for one in listed if one.outcome is not Outcome.UNKNOWN]
    if looked and looked[-1].outcome is Outcome.FAIL:
        return _red(means, looked)
    last = listed[-1]
    if last.outcome is Outcome.UNKNOWN:
        return Standing(status=Status.UNKNOWN, says=last.says, means=means, record=last.record)
    lapsed = _lapsed(means, last, look)
    if lapsed is not None:
        return lapsed
    status = Status.PASS if last.outcome is Outcome.PASS else Status.NOT_APPLICABLE
    ends = last.record.at + timedelta(seconds=period_s(means.within) or 0)
    return Standing(status=status, says=last.says, means=means, record=last.record, expires_at=ends)


def _bad_news(told: Sequence[_Told]) -> _Told | None:
    """A failure that a key which is not listed has seen, and not seen mended.

    Anybody's is heeded until somebody listed has looked again; good news of others hide it not.
    """
    last = {
        one.record.writer.partition("-")[0]: one
        for one in told
        if one.outcome is not Outcome.UNKNOWN
    }
    return next((one for one in last.values() if one.outcome is Outcome.FAIL), None)


def _red(means: AnyMeans, told: Sequence[_Told]) -> Standing:
    """It fails; if it ever held, since when it does not."""
    newest = told[-1]
    held = [at for at, one in enumerate(told) if one.outcome is Outcome.PASS]
    by = "" if newest.record.signer else " (claimed)"
    since = None
    if held:
        since = next(one.record.at for one in told[held[-1] :] if one.outcome is Outcome.FAIL)
    return Standing(
        status=Status.FAIL if since is None else Status.REGRESSED,
        says=newest.says + by,
        means=means,
        record=newest.record,
        since=since,
    )


def _claimed(means: AnyMeans, newest: _Told, look: Look) -> Standing:
    """Nobody who is listed has looked."""
    if newest.outcome is Outcome.UNKNOWN:
        return Standing(status=Status.UNKNOWN, says=newest.says, means=means, record=newest.record)
    says = f"{newest.says} (claimed)"
    return _lapsed(means, newest, look) or Standing(
        status=Status.CLAIMED, says=says, means=means, record=newest.record
    )


def _lapsed(means: AnyMeans, told: _Told, look: Look) -> Standing | None:
    """STALE, if it no longer counts."""
    record = told.record
    says = None
    if record.at + timedelta(seconds=period_s(means.within) or 0) <= look.now:
        says = f"seen {moment(record.at)}, and counts for {means.within}"
    elif means.bound and look.place.content is None:
        return Standing(
            status=Status.UNKNOWN,
            says="this is no git repository, so nobody can tell which code was looked at",
            means=means,
            record=record,
        )
    elif means.bound and record.facts.get("content") != look.place.content:
        says = f"the code is another since {moment(record.at)}"
    if says is None:
        return None
    return Standing(status=Status.STALE, says=says, means=means, record=record)


def _of_person(means: ByPerson, name: str, records: ByClaim, look: Look) -> Standing:
    """Somebody's word: of those who are listed, else of anybody as a claim."""
    said = [
        one
        for one in records.get(ATTESTED, ())
        if one.holds
        and one.subject.get("item") == name
        and one.subject.get("proof") == means.digest
        and _is_here(means, one, look.place)
    ]
    listed = [one for one in said if one.signer is not None]
    if not said or (listed or said)[-1].claim == WITHDRAWN:
        return Standing(status=Status.MISSING, says=_nothing(means), means=means)
    one = (listed or said)[-1]
    longest = min(period_s(means.within) or 0, MOST_DAYS * 86_400)
    days = one.facts.get("days")
    days = days if isinstance(days, int) and not isinstance(days, bool) else 0
    ends = one.at + timedelta(seconds=max(min(days * 86_400, longest), 0))
    by = one.signer or "somebody whose key is not listed"
    says = f"{by}: {one.facts.get('reason', '')}"
    status = Status.ATTESTED if listed else Status.CLAIMED
    if ends <= look.now:
        status, says = Status.STALE, f"said {moment(one.at)}, and counted until {moment(ends)}"
    return Standing(status=status, says=says, means=means, record=one, expires_at=ends)


def _waiver(name: str, item: Item, records: ByClaim, look: Look) -> Waiver | None:
    """The newest waiver of a listed signer that was not taken back; a `must` has none."""
    said = [
        one
        for one in records.get(WAIVED, ())
        if one.holds
        and one.signer is not None
        and one.subject.get("item") == name
        and _covers(item, one, look.place)
    ]
    if item.must or not said or said[-1].claim == UNWAIVED:
        return None
    one = said[-1]
    until = _until(one)
    if until is None or one.signer is None:
        return None
    return Waiver(
        owner=str(one.facts.get("owner", "")),
        reason=str(one.facts.get("reason", "")),
        until=until,
        signer=one.signer,
        overdue=until <= look.now,
    )


def _covers(item: Item, one: Evidence, place: Place) -> bool:
    if item.scope is Scope.PROJECT:
        return "target" not in one.subject
    same = place.target is not None and one.subject.get("target") == place.target
    return same and one.subject.get("cluster") in place.clusters


def _until(one: Evidence) -> datetime | None:
    """When a waiver ends; None where it says no day, or one too far off."""
    try:
        day = datetime.fromisoformat(str(one.facts.get("until"))).replace(tzinfo=UTC)
    except ValueError:
        return None
    return day if day - one.at <= timedelta(days=MOST_DAYS) else None


def _nothing(means: AnyMeans) -> str:
    if means.acts:
        return f"no record of it here: {means.says()}"
    return f"nobody has said so: {means.says()}" if not means.machine else "not looked at yet"


def _same(found: object, wanted: object) -> bool:
    return type(found) is type(wanted) and found == wanted


def _words(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list | tuple) else []


def moment(at: datetime) -> str:
    """A time for people."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M}"
