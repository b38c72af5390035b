"""What a run of `skc scrub` came to: the report of it, and the proof that goes into the ledger."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.scrub import again, bundle, found
from skillconnect_ops.commands.scrub.guide import written
from skillconnect_ops.commands.scrub.keeping import commits
from skillconnect_ops.commands.scrub.model import Value, Wish
from skillconnect_ops.commands.scrub.paths import Taken
from skillconnect_ops.commands.scrub.proof import Left, Seen, nothing_seen, prove
from skillconnect_ops.commands.scrub.shown import followed_by, proof_facts, said, said_of_proof
from skillconnect_ops.commands.scrub.steps import proof_of
from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.exits import Exit, Status
from skillconnect_ops.core.ports.objects import Repository
from skillconnect_ops.core.report import Report, Unknown
from skillconnect_ops.core.settings.errors import SettingsNotFound
from skillconnect_ops.core.view import Lines
from skillconnect_ops.journal.model import Outcome

FINISHED = "an earlier scrub of this repository had not come to its end; it has by now"


def looked_at(chosen: found.Chosen, judged: Sequence[Value]) -> dict[str, Any]:
    """What a look has to tell machines; no value is in it."""
    facts: dict[str, Any] = {"values": len(judged), "walked": False}
    if chosen.candidates:
        facts["candidates"] = found.candidate_facts(chosen, judged)
    return facts


def not_walked(
    house: House,
    chosen: found.Chosen,
    values: Sequence[Value],
    outcome: Outcome,
    typed: Wish,
) -> Report:
    """A look alone, or nothing to do."""
    if outcome.plan.steps:
        onward = again.carrying_out(house, typed)
    elif values or typed.paths:
        onward = again.proving(typed)
    else:
        onward = "skc secrets scan --history"
    return Report(
        command="scrub",
        subject=outcome.plan.subject.facts(),
        facts={"scrub": looked_at(chosen, values)},
        view=said(values, None, {}),
        next=(onward,),
    )


def finished(
    house: House, report: Report, repository: Repository, values: Sequence[Value], wish: Wish
) -> Report:
    """What another run began, and this one brought to its end, is proven as its own would be."""
    seen = prove(house, repository, tuple(value.data for value in values), paths=wish.paths)
    record(house, seen, repository, len(values), command="scrub")
    shown = replace(
        report,
        facts={"scrub": {**report.facts["scrub"], "proof": proof_facts(seen)}},
        view=(Lines((FINISHED,)), *said_of_proof(seen)),
    )
    return judged_by(seen, shown)


def judged_by(seen: Seen, report: Report) -> Report:
    """The report, ending as the proof says: found is critical, and what was not seen incomplete."""
    kept = Status.OK if seen.holds else Status.INCOMPLETE
    return replace(
        report,
        status=Status.FINDINGS if seen.found else kept,
        exit_code=Exit.CRITICAL if seen.found else None,
        unknown=tuple(Unknown("proof", reason) for reason in seen.unproven),
    )


def record(
    house: House,
    seen: Seen,
    repository: Repository,
    number: int,
    *,
    command: str,
    journal: str | None = None,
) -> None:
    """Have the evidence ledger keep it, where there is a project."""
    try:
        ledger = house.ledger()
    except SettingsNotFound:
        return
    proof = proof_of(seen, repository, number=number)
    ledger.record([proof], command=command, journal=journal)


def report_of(
    house: House,
    repository: Repository,
    values: Sequence[Value],
    outcome: Outcome,
    *,
    folder: Path,
    paths: Sequence[str],
    gone: Taken,
    proof: str,
    rest: str,
) -> Report:
    """Of a scrub that was done: everything is looked at once more first."""
    try:
        seen = prove(
            house,
            repository,
            tuple(value.data for value in values),
            paths=paths,
            blobs=tuple(gone.blobs),
            whole=True,
        )
    except Precondition as error:  # the history is rewritten all the same, and it is to be told so
        seen = nothing_seen(f"{error.what}: {error.why}")
    made: Mapping[str, Any] = outcome.facts.get("rewrite:history", {})
    borrowed = [
        Left(str(place), "objects were borrowed from there (alternates), and it still has them")
        for place in outcome.facts.get("save:history", {}).get("borrows", ())
    ]
    seen = replace(seen, left=(*seen.left, *borrowed))
    record(house, seen, repository, len(values), command="scrub", journal=outcome.journal)
    moved = outcome.facts.get("move:refs", {})
    kept = outcome.facts.get("renew:references", {}).get("kept", [])
    proven = proof_facts(seen)
    facts = {
        "values": len(values),
        **{name: made.get(name, 0) for name in ("blobs", "trees", "commits", "tags", "unsigned")},
        "refs": moved.get("refs", 0),
        "first_changed": made.get("first_changed", []),
        "commit_map": str(folder / bundle.COMMITS),
        "bundle": str(folder),
        "kept": kept,
        "left": proven["left"],
        "proof": proven,
        "walked": True,
    }
    guide = written(house, folder)
    pushes = () if guide is None else tuple(push.dry_run for push in guide.pushes)
    report = Report(
        command="scrub",
        subject=outcome.plan.subject.facts(),
        journal=outcome.journal,
        steps=outcome.steps,
        facts={"scrub": {**facts, "after": None if guide is None else msgspec.to_builtins(guide)}},
        view=(*said(values, seen, facts), *followed_by(guide, commits(kept), again=proof)),
        # what another engine left goes first: each push would have to be made again
        next=(rest,) if rest and seen.found else (*commits(kept), *pushes[:1], proof)[:1],
    )
    return judged_by(seen, report)
