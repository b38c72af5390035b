"""The screen of `skc checklist`: progress by group, what fails first, what lapses soon."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from skillconnect_ops.commands.checklist.held import Held
from skillconnect_ops.commands.checklist.model import Checklists
from skillconnect_ops.commands.checklist.remedies import remedy
from skillconnect_ops.commands.checklist.scores import Change, Moment, Score, each_once
from skillconnect_ops.commands.checklist.standing import ItemStanding, Status
from skillconnect_ops.core.view import (
    Block,
    Cell,
    FindingsHere,
    Lines,
    Pairs,
    Table,
    Text,
    Tone,
    count,
    listed,
)

SOON = timedelta(days=2)
_BAR = 20
_MOST = 5
_SPARKS = "▁▂▃▄▅▆▇█"
TONES = {
    Status.PASS: Tone.GOOD,
    Status.ATTESTED: Tone.GOOD,
    Status.CLAIMED: Tone.WARN,
    Status.STALE: Tone.WARN,
    Status.MISSING: Tone.DIM,
    Status.UNKNOWN: Tone.WARN,
    Status.FAIL: Tone.BAD,
    Status.REGRESSED: Tone.BAD,
    Status.WAIVED: Tone.WARN,
    Status.NOT_APPLICABLE: Tone.DIM,
}
_WORDS = {
    Status.ATTESTED: "attested",
    Status.CLAIMED: "claimed",
    Status.STALE: "stale",
    Status.UNKNOWN: "unknown",
    Status.FAIL: "failing",
    Status.REGRESSED: "regressed",
    Status.WAIVED: "waived",
}


def view(
    found: Held,
    states: Sequence[ItemStanding],
    *,
    heading: str,
    notes: Sequence[str],
    shows: frozenset[str],
    whole: bool,
) -> tuple[Block, ...]:
    """The whole screen.

    Args:
        found: how it stands.
        states: of the items that were asked for.
        heading: whose checklist this is.
        notes: what a person should know first.
        shows: groups whose items are listed one by one.
        whole: whether each item is told with its reasons and proofs.
    """
    lists = found.scene.lists
    head: list[Cell] = [Text(heading, Tone.STRONG), *(Text(note, Tone.WARN) for note in notes)]
    blocks: list[Block] = [Lines(tuple(head), prose=True)]
    if whole:
        blocks += [_item(one, lists) for one in states]
        return (*blocks, FindingsHere(told=True))
    asked = [name for name in lists.groups if any(one.group == name for one in states)]
    blocks.append(_progress(found, states, asked))
    blocks += [_items(group, states, lists) for group in asked if group in shows]
    if not shows:
        blocks += _first(states, lists)
    lines = [*_week(found.moments, found.lately), *_attention(states, found.scene.now)]
    if lines:
        blocks.append(Lines(tuple(lines), prose=True))
    return (*blocks, FindingsHere(told=True))


def _item(one: ItemStanding, lists: Checklists) -> Pairs:
    """One item with all that is known of it."""
    item = lists.item(one.name)
    must = ", a must" if item.must else ""
    pairs: list[tuple[str, Cell]] = [
        ("state", Text(f"{one.status.value}: {one.says}", TONES[one.status])),
        ("weight", f"{item.weight}{must}"),
    ]
    if one.item.same_as is not None:
        pairs.append(("the same as", one.item.same_as))
    if item.why:
        pairs.append(("why", item.why))
    if item.references:
        pairs.append(("see", ", ".join(item.references)))
    for proof in one.proofs:
        name = proof.means.says() if proof.means else "proof"
        by = f" ({proof.record.signer}, {proof.record.at:%Y-%m-%d %H:%M})" if proof.record else ""
        claimed = proof.record is not None and proof.record.signer is None
        says = f"{name}: {proof.status.value}: {proof.says}{'' if claimed else by}"
        pairs.append(("proof", Text(says, TONES[proof.status])))
    said = remedy(one)
    if said:
        pairs.append(("to do", said))
    return Pairs(tuple(pairs), title=f"{one.name}: {one.item.text}")


def bar(score: Score) -> str:
    """How much of the weight is proven, and how much more is attested."""
    proven = _BAR * score.proven // score.weight if score.weight else 0
    more = _BAR * (score.proven + score.attested) // score.weight - proven if score.weight else 0
    return "█" * proven + "▒" * more + "░" * (_BAR - proven - more)


def _progress(found: Held, states: Sequence[ItemStanding], groups: Sequence[str]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for group in groups:
        own = [one for one in found.states if one.group == group]
        rows.append(_row(found.scene.lists.groups[group].title, found.scores[group], own))
    if len(states) == len(found.states):
        rows.append(_row("all, each item once", found.scores["all"], each_once(states)))
    return Table(("checklist", "", "proven", "items", "besides"), tuple(rows), right=(2, 3))


def _row(title: str, score: Score, states: Sequence[ItemStanding]) -> tuple[Cell, ...]:
    tone = Tone.BAD if score.red else Tone.GOOD if score.proven == score.weight else Tone.PLAIN
    besides = ", ".join(
        f"{number} {word}"
        for status, word in _WORDS.items()
        if (number := sum(one.status is status for one in states))
    )
    return (
        title,
        Text(bar(score), tone),
        f"{score.percent(score.proven):.0f} %",
        f"{score.passed}/{score.items}",
        Text(besides, Tone.BAD if score.red else Tone.DIM),
    )


def _items(group: str, states: Sequence[ItemStanding], lists: Checklists) -> Table:
    rows = tuple(
        (
            Text(one.status.value, TONES[one.status]),
            one.name.partition("/")[2],
            one.item.text,
            one.says,
        )
        for one in states
        if one.group == group
    )
    return Table(("state", "id", "what", "because"), rows, title=lists.groups[group].title)


def _first(states: Sequence[ItemStanding], lists: Checklists) -> list[Block]:
    """What is to be mended first: what was seen to be wrong, then what could not be seen."""
    bad = [one for one in each_once(states) if one.status.is_red or one.status is Status.UNKNOWN]
    items = {one.name: lists.item(one.name) for one in bad}
    bad.sort(
        key=lambda one: (not one.status.is_red, not items[one.name].must, -items[one.name].weight)
    )
    lines: list[Cell] = []
    for one in bad[:_MOST]:
        head = f"{one.status.value:<9}  {one.name}: {one.says}"
        lines.append(Text(head, TONES[one.status]))
        if one.status.is_red:
            lines.append(f"           {remedy(one)}")
    if len(bad) > _MOST:
        lines.append(f"and {len(bad) - _MOST} more: skc checklist --all")
    return [Lines((Text("first", Tone.STRONG), *lines), prose=True)] if lines else []


def _week(moments: Sequence[Moment], lately: Change | None) -> Iterator[Cell]:
    if len(moments) > 1:
        parts = [one.score.percent(one.score.proven) for one in moments]
        sparks = "".join(_SPARKS[min(int(part / 100 * len(_SPARKS)), 7)] for part in parts)
        yield f"week by week: {sparks} from {parts[0]:.0f} % to {parts[-1]:.0f} %"
    if lately is not None and lately.gained:
        yield Text(f"proven since {lately.since:%Y-%m-%d}: {listed(lately.gained)}", Tone.GOOD)
    if lately is not None and lately.lost:
        yield Text(f"no longer proven since then: {listed(lately.lost)}", Tone.BAD)


def _attention(states: Sequence[ItemStanding], now: datetime) -> Iterator[Cell]:
    once = each_once(states)
    soon = [
        one.name
        for one in once
        if one.status in {Status.PASS, Status.ATTESTED}
        and one.expires_at is not None
        and one.expires_at - now < SOON
    ]
    if soon:
        yield Text(f"stale within two days: {listed(soon)}", Tone.WARN)
    stale = [one.name for one in once if one.status is Status.STALE]
    if stale:
        yield Text(f"stale, to be looked at again: {listed(stale)}", Tone.WARN)
    for one in once:
        if one.waiver is not None and one.waiver.overdue:
            until = f"{one.waiver.until:%Y-%m-%d}"
            yield Text(f"waiver overdue since {until}: {one.name}, {one.waiver.owner}", Tone.BAD)
    missing = sum(one.status is Status.MISSING for one in once)
    if missing:
        yield Text(f"{count(missing, 'item')} without any evidence yet", Tone.DIM)
