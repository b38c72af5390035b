"""A scrub and its proof, as people and machines read them."""

from collections.abc import Mapping, Sequence
from typing import Any

from skillconnect_ops.commands.scrub.guide import (
    BANNED,
    CHECK,
    COLLEAGUES,
    HOOK,
    PUSH,
    SUPPORT,
    Guide,
)
from skillconnect_ops.commands.scrub.model import Value
from skillconnect_ops.commands.scrub.proof import Seen
from skillconnect_ops.core.shell import word
from skillconnect_ops.core.view import Block, Lines, Pairs, Table, Text, Tone, count, listed, size

_MOST = 20
_MOST_REFS = 5


def proof_facts(seen: Seen) -> dict[str, Any]:
    """For the report; no value is in it, only which of them."""
    return {
        "holds": seen.holds,
        "objects": seen.objects,
        "size_bytes": seen.size_bytes,
        "files": seen.files,
        "seconds": seen.seconds,
        "found": [{"subject": one.subject, "values": list(one.values)} for one in seen.found],
        "left": [{"subject": one.subject, "reason": one.reason} for one in seen.left],
        "unproven": list(seen.unproven),
    }


def said(values: Sequence[Value], seen: Seen | None, facts: Mapping[str, Any]) -> tuple[Block, ...]:
    """What was done, what is proven, what must follow."""
    if seen is None:
        return ()
    done = (
        ("values", f"{len(values)}"),
        ("file versions", f"{facts['blobs']:,}"),
        ("commits", f"{facts['commits']:,} have another id"),
        ("refs", f"{facts['refs']:,} moved at once"),
        ("bundle", f"{facts['bundle']}   (holds every secret; delete it when all is well)"),
        ("commit map", str(facts["commit_map"])),
    )
    return (
        Pairs((*done, *_kept(facts["kept"])), title="history rewritten"),
        *said_of_proof(seen),
    )


def followed_by(
    guide: Guide | None, commits: Sequence[str] = (), *, again: str
) -> tuple[Block, ...]:
    """What to type, send and install next, a command a line; at last what proves it again."""
    if guide is None:
        return ()
    rows: list[tuple[str, str]] = [("commit", command) for command in commits]
    for push in guide.pushes:
        rows += [(f"push to {push.remote}", push.dry_run), ("", push.push)]
        look = f"sh {word(guide.path(PUSH))} {word(push.remote)} --left"
        rows.append(("", f"{look}   # branches that were never fetched"))
    rows += [("not pushed", f"{one.ref}: {one.reason}") for one in guide.left_out[:_MOST_REFS]]
    if len(guide.left_out) > _MOST_REFS:
        rows.append(("", f"{len(guide.left_out) - _MOST_REFS:,} more: {guide.path(SUPPORT)}"))
    what = [count(len(guide.first_changed), "first changed commit")]
    what += [count(len(guide.lfs), "LFS object")] if guide.lfs else []
    banned = guide.path(BANNED)
    rows += [
        ("colleagues", f"cat {guide.path(COLLEAGUES)}   # to send"),
        ("forge's support", f"cat {guide.path(SUPPORT)}   # to send: {', '.join(what)}"),
        ("ban, own server", f"install -m 755 {guide.path(HOOK)} {banned} REPOSITORY.git/hooks/"),
        ("", "git gc --prune=now   # in REPOSITORY.git: the old objects are there still"),
        (
            "ban, in CI",
            f"mkdir -p .ci && cp {guide.path(CHECK)} {banned} .ci/   # commit; sh .ci/{CHECK}",
        ),
        ("prove again", again),
    ]
    width = max(len(name) for name, _ in rows)
    head = Text("what must follow, since every other copy is as it was:", Tone.STRONG)
    return (Lines((head, *(f"  {name:{width}}  {text}" for name, text in rows))),)


def _kept(kept: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, str], ...]:
    """Files that stay on disk, and whether git would take one in again."""
    if not kept:
        return ()
    open_ones = [one["path"] for one in kept if not one["ignored"]]
    taken_back = f"a .gitignore lets `git add` take {listed(open_ones)}; mend its rules"
    return (
        ("as they were", listed([one["path"] for one in kept]) + ", no longer followed"),
        *((("careful", taken_back),) if open_ones else ()),
    )


def said_of_proof(seen: Seen) -> tuple[Block, ...]:
    """What the proof saw."""
    looked = (
        f"{count(seen.objects, 'object')} ({size(seen.size_bytes)}), {count(seen.files, 'file')}"
    )
    if seen.found:
        head = Text(f"NOT clean: {count(len(seen.found), 'place')} of {looked}", Tone.BAD)
    elif seen.unproven:
        head = Text(
            f"not proven: nothing found in {looked}, but not all could be looked at", Tone.WARN
        )
    else:
        head = Text(f"proven: nothing is left in {looked}", Tone.GOOD)
    rows = [(one.subject, f"value {', '.join(map(str, one.values))}") for one in seen.found]
    rows += [(one.subject, one.reason) for one in seen.left]
    shown = tuple(rows[:_MOST])
    if len(rows) > _MOST:
        shown = (*shown, ("…", f"{len(rows) - _MOST:,} more (--format json)"))
    table = (Table(("where", "what"), shown),) if shown else ()
    return (Lines((head,)), *table)
