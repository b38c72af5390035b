"""`skc scrub`: looks for what is to go, plans, hands over to the gait, says what must follow."""

import os
from collections.abc import Mapping, Sequence
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from skillconnect_ops.commands.bundles import HOME, kept
from skillconnect_ops.commands.folder import home_of
from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.scrub import again, bundle, found, sources
from skillconnect_ops.commands.scrub.errors import (
    IncompleteHistory,
    MaskHoldsValue,
    NoSeal,
    NoSuchFile,
    NoSuchRecipient,
    NothingChosen,
    NothingToLookFor,
    OddReplacement,
)
from skillconnect_ops.commands.scrub.guide import written
from skillconnect_ops.commands.scrub.keeping import Keeper, commits
from skillconnect_ops.commands.scrub.matching import matched
from skillconnect_ops.commands.scrub.model import Engine, Value, Wish
from skillconnect_ops.commands.scrub.paths import Globs, Taken, from_the_top
from skillconnect_ops.commands.scrub.places import office_state, opened, own_texts
from skillconnect_ops.commands.scrub.plan import plan
from skillconnect_ops.commands.scrub.proof import Left, Seen, nothing_seen, prove
from skillconnect_ops.commands.scrub.ready import (
    must_be_outside,
    must_be_ready,
    must_be_settled,
    must_be_whole,
)
from skillconnect_ops.commands.scrub.rewrite import NAME_MASK
from skillconnect_ops.commands.scrub.searching import searched, still_used, within
from skillconnect_ops.commands.scrub.shown import followed_by, proof_facts, said, said_of_proof
from skillconnect_ops.commands.scrub.steps import proof_of, surveyed
from skillconnect_ops.commands.scrub.trying import tried
from skillconnect_ops.commands.scrub.unseen import named_without, unseen
from skillconnect_ops.core import age
from skillconnect_ops.core.errors import Precondition, Refused, SkcError
from skillconnect_ops.core.exits import Exit, Status
from skillconnect_ops.core.plan import Plan
from skillconnect_ops.core.ports.objects import ObjectKind, Repository
from skillconnect_ops.core.report import Report, Unknown
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.settings.errors import SettingsNotFound
from skillconnect_ops.history.looking import Wanted, in_content
from skillconnect_ops.history.needles import MASK
from skillconnect_ops.journal.model import Choices, Outcome, TypeName
from skillconnect_ops.journal.office import Office
from skillconnect_ops.journal.pending import PENDING
from skillconnect_ops.journal.resources import Resource


class Manner(msgspec.Struct, frozen=True, kw_only=True):
    """How it is to be done."""

    mask: str
    engine: Engine = Engine.OWN
    keep_current: bool = False
    not_rotated_yet: bool = False
    allow_uncommitted: bool = False
    recipients: tuple[str, ...] = ()
    plain_bundle: bool = False
    folder: Path | None = None


def scrub(house: House, wish: Wish, *, manner: Manner, choices: Choices) -> Report:
    """Take values and files out of the whole history.

    Raises:
        NothingToLookFor: nothing was named.
        Refused: a value may still open something, changes are not committed, nobody agreed.
        Precondition: no repository, or one that is not whole, or is busy.
    """
    if wish.is_empty:
        raise NothingToLookFor
    repository = opened(house)
    root = repository.root or repository.git_folder
    typed = wish
    wish = replace(wish, paths=from_the_top(wish.paths, house.environment.folder, root))
    _must_be_sealable(house, manner)
    must_be_whole(repository)
    if manner.engine is Engine.FILTER_REPO:
        house.repositories.filtering(repository).must_be_there()
    asks = not (choices.looks_only or choices.yes or choices.confirm is not None)
    told = matched(house, repository, wish.patterns, mask=manner.mask)
    chosen = all_values(house, repository, wish, matches=told.values, asks=asks)
    values = chosen.values
    try:
        wanted = Wanted(tuple(value.data for value in values), manner.mask.encode())
        _, in_names = wanted.needles, Wanted(wanted.values, NAME_MASK).needles
    except ValueError as error:
        raise MaskHoldsValue from error
    if set(manner.mask) & set("\n\r\0<>"):
        raise OddReplacement
    with unseen(in_names):
        return _scrub(
            house,
            repository,
            wanted,
            chosen,
            wish=wish,
            manner=manner,
            choices=choices,
            told=told.notes,
            typed=typed,
        )


def _scrub(
    house: House,
    repository: Repository,
    wanted: Wanted,
    chosen: found.Chosen,
    *,
    wish: Wish,
    manner: Manner,
    choices: Choices,
    told: Sequence[str],
    typed: Wish,
) -> Report:
    values: Sequence[Value] = chosen.values
    root = repository.root or repository.git_folder
    state = office_state(house, root)
    office = house.office(state=state)
    # one repository has one, however many work trees it has
    resource = Resource("repository", str(repository.git_folder))
    must_be_ready(house, repository)
    unfinished = _unfinished(office, resource)

    def settled() -> None:
        must_be_settled(
            house,
            repository,
            wanted,
            allow_uncommitted=manner.allow_uncommitted,
            keeps=manner.keep_current,
        )

    if not unfinished:
        settled()
    seen, gone = surveyed(house, repository, wanted, wish.paths)
    if wish.paths and not gone.names and not unfinished and not _was_done(house, repository, state):
        raise NoSuchFile(wish.paths)
    if not manner.not_rotated_yet:
        same, notes = still_used(house, repository, gone)
        told = (*told, *notes)
        judged = (*values, *within(house, repository, gone), *same)
        blobs = gone.blobs.union(seen.holding.get(ObjectKind.BLOB, ()))
        judged = tried(house, repository, judged, blobs=blobs, record=not choices.looks_only)
        values = judged[: len(values)]
        try:
            sources.must_be_dead(judged)
        except Refused as error:
            if choices.looks_only:
                error.facts = {"scrub": _looked_at(chosen, values)}
            raise
    folder = _folder(house, manner, root, state)
    must_be_outside(house, repository, folder)
    proof = again.proving(typed, folder, sealed_to=_is_sealed_to(house, manner))
    tokens = (PENDING.give(Secret("")), PENDING.give(Secret("")))

    def hand_over() -> None:
        """Once the person agreed: nobody is asked for a passphrase by a mere look."""
        packed = msgspec.msgpack.encode([value.data for value in values])
        seal = msgspec.msgpack.encode(_seal(house, manner))
        for token, content in zip(tokens, (packed, seal), strict=True):
            PENDING.keep(token, Secret(content.decode("latin-1")))

    def look() -> Plan:
        # what a scrub that died left half done is nobody's change, and is finished before this one
        if unfinished and not _unfinished(office, resource):
            settled()
        return _look(
            house,
            repository,
            wanted,
            values=values,
            wish=wish,
            manner=manner,
            folder=folder,
            tokens=tokens,
            told=told,
            proof=proof,
        )

    outcome = office.carry_out(
        look,
        person=house.person,
        resources=(resource,),
        consent=TypeName(root.name, does="rewrites the history of"),
        choices=choices,
        prepare=hand_over,
    )
    if not outcome.walked:
        return _not_walked(house, chosen, values, outcome, typed)
    return _report(
        house,
        repository,
        values,
        outcome,
        folder=folder,
        paths=wish.paths,
        gone=gone,
        proof=proof,
        rest=again.scrubbing(typed) if manner.engine is Engine.FILTER_REPO else "",
    )


def _looked_at(chosen: found.Chosen, judged: Sequence[Value]) -> dict[str, Any]:
    facts: dict[str, Any] = {"values": len(judged), "walked": False}
    if chosen.candidates:
        facts["candidates"] = found.candidate_facts(chosen, judged)
    return facts


def _not_walked(
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
        facts={"scrub": _looked_at(chosen, values)},
        view=said(values, None, {}),
        next=(onward,),
    )


def verify(house: House, wish: Wish) -> Report:
    """Prove that no value, and no file, is left in anything that the repository holds.

    Raises:
        NothingToLookFor: nothing was named.
    """
    if wish.is_empty:
        raise NothingToLookFor
    repository = opened(house)
    root = repository.root or repository.git_folder
    paths = from_the_top(wish.paths, house.environment.folder, root)
    told = matched(house, repository, wish.patterns, mask=MASK.decode())
    values = all_values(house, repository, wish, matches=told.values).values
    seen = prove(house, repository, tuple(value.data for value in values), paths=paths)
    if not values and not paths:
        seen = replace(seen, unproven=(*seen.unproven, "no value to look for was found"))
    _record(house, seen, repository, len(values), command="scrub verify")
    return Report(
        command="scrub verify",
        subject={"repository": str(root)},
        facts={"proof": proof_facts(seen)},
        view=said_of_proof(seen),
        status=_status(seen),
        exit_code=Exit.CRITICAL if seen.found else None,
        unknown=tuple(Unknown("proof", reason) for reason in seen.unproven),
        next=(again.scrubbing(wish),) if seen.found else ("skc status",),
    )


def _status(seen: Seen) -> Status:
    if seen.found:
        return Status.FINDINGS
    return Status.OK if seen.holds else Status.INCOMPLETE


def _record(
    house: House,
    seen: Seen,
    repository: Repository,
    number: int,
    *,
    command: str,
    journal: str | None = None,
) -> None:
    try:
        ledger = house.ledger()
    except SettingsNotFound:
        return
    proof = proof_of(seen, repository, number=number)
    ledger.record([proof], command=command, journal=journal)


def all_values(
    house: House,
    repository: Repository,
    wish: Wish,
    *,
    matches: Sequence[Value] = (),
    asks: bool = False,
) -> found.Chosen:
    """Those that were given, and those that a search found; each judged.

    Args:
        house: the house.
        repository: what is searched.
        wish: what was asked for.
        matches: what patterns matched.
        asks: whether a person may choose among what was found.

    Raises:
        NothingChosen: of all that was found nothing is to go.
    """
    typed = (*matches, *sources.named(house, wish))
    given = {value.secret: value for value in sources.judged(house, typed)}
    every: tuple[found.Candidate, ...] = ()
    if wish.found or wish.only or wish.retired:
        seeks = wish.found or bool(wish.only)
        every = searched(house, repository, found=seeks, retired=wish.retired)
        taken = [one for one in every if wish.retired and one.retired]
        if wish.only:
            taken += found.named(every, wish.only)
        elif wish.found:
            sure = [one for one in every if one.sure and one not in taken]
            taken += found.asked(house, sure) if asks else sure
            if sure and not (taken or given or wish.paths):
                raise NothingChosen
        for one in taken:
            given.setdefault(one.value.secret, one.value)
    return found.Chosen(values=tuple(given.values()), candidates=every)


def _unfinished(office: Office, resource: Resource) -> bool:
    """Whether a run of this repository did not come to its end."""
    return any(
        resource in journal.resources and not journal.standing.over for journal in office.journals()
    )


def _was_done(house: House, repository: Repository, state: Path | None) -> bool:
    """Whether a scrub of this repository came to its end: then its files are gone already."""
    every = kept(house, house.project().state if state is None else state)
    return any(
        about.repository == str(home_of(repository)) and about.done and not about.undone
        for _, about in every
    )


def _folder(house: House, manner: Manner, root: Path, state: Path | None) -> Path:
    if manner.folder is not None:
        return house.environment.folder / manner.folder
    home = house.project().state if state is None else state
    stamp = house.clock.now().strftime("%Y%m%d-%H%M%S")
    name = sha256(str(root).encode(errors="surrogateescape")).hexdigest()[:8]
    return home / HOME / f"{stamp}-{name}"


def _must_be_sealable(house: House, manner: Manner) -> None:
    """Look at the recipients before anything is read or done.

    Raises:
        NoSuchRecipient: one is none.
    """
    if manner.plain_bundle:
        return
    try:
        age.recipients(manner.recipients or _recipients(house))
    except age.NotAnAgeKey as error:
        place = "--recipient" if manner.recipients else "backups.recipients in skc.yaml"
        raise NoSuchRecipient(str(error), place=place) from error


def _seal(house: House, manner: Manner) -> bundle.Seal:
    if manner.plain_bundle:
        return bundle.Seal()
    recipients = manner.recipients or _recipients(house)
    if recipients:
        return bundle.Seal(recipients=recipients)
    given = house.environment.get(bundle.PASSPHRASE)
    if given:
        return bundle.under_passphrase(Secret(given))
    try:
        typed = house.person.ask_secret("passphrase for the bundle")
        repeated = house.person.ask_secret("the same once more")
    except SkcError as error:
        raise NoSeal from error
    if not typed or typed != repeated:
        raise NoSeal
    return bundle.under_passphrase(typed)


def _is_sealed_to(house: House, manner: Manner) -> bool:
    return not manner.plain_bundle and bool(manner.recipients or _recipients(house))


def _recipients(house: House) -> tuple[str, ...]:
    try:
        targets = house.project().settings.targets.values()
    except SettingsNotFound:
        return ()
    each = (target.backups for target in targets if target.backups is not None)
    return tuple(dict.fromkeys(one for backups in each for one in backups.recipients))


def _look(
    house: House,
    repository: Repository,
    wanted: Wanted,
    *,
    values: Sequence[Value],
    wish: Wish,
    manner: Manner,
    folder: Path,
    tokens: tuple[str, str],
    told: Sequence[str],
    proof: str,
) -> Plan:
    seen, gone = surveyed(house, repository, wanted, wish.paths)
    if seen.gaps:
        gap = seen.gaps[0]
        raise IncompleteHistory(f"{gap.subject}: {gap.reason}", "git fsck --full")
    rewriting = house.repositories.rewriting(repository)
    refs = rewriting.refs()
    in_names = Wanted(wanted.values, NAME_MASK).needles
    kept = None
    if manner.keep_current:
        keeper = Keeper(
            house,
            in_files=wanted.needles,
            in_names=in_names,
            globs=Globs(wish.paths),
            held=seen.holding[ObjectKind.BLOB],
            objects={},
        )
        kept = [one for tree in rewriting.work_trees() for one in keeper.kept(tree)]
    return plan(
        str(repository.root or repository.git_folder),
        values=values,
        survey=seen,
        gone=gone,
        gone_names=[named_without(in_names, path) for path in gone.paths],
        refs=refs,
        in_files=_beside(repository, wanted, [ref.name for ref in refs]),
        mask=manner.mask,
        paths=wish.paths,
        folder=str(folder),
        tokens=tokens,
        sealed=not manner.plain_bundle,
        delete_by=(house.clock.now() + timedelta(days=bundle.KEPT_DAYS)).date(),
        kept=kept,
        told=told,
        again=proof,
        engine=manner.engine,
    )


def _beside(repository: Repository, wanted: Wanted, refs: Sequence[str]) -> list[str]:
    """What of refs' names and the git folder's own files holds a value."""
    needles = Wanted(wanted.values, NAME_MASK).needles
    found = [name for name in refs if needles.held(name.encode(errors="surrogateescape"))]
    for name, path in own_texts(repository):
        raw = name.encode(errors="surrogateescape")
        if in_content(needles, raw) or in_content(needles, path.read_bytes()):
            found.append(f".git/{name}")
    return [os.fsdecode(needles.without(os.fsencode(name))) for name in found]


def _report(
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
    _record(house, seen, repository, len(values), command="scrub", journal=outcome.journal)
    moved = outcome.facts.get("move:refs", {})
    kept = outcome.facts.get("renew:references", {}).get("kept", [])
    facts = {
        "values": len(values),
        **{name: made.get(name, 0) for name in ("blobs", "trees", "commits", "tags", "unsigned")},
        "refs": moved.get("refs", 0),
        "first_changed": made.get("first_changed", []),
        "commit_map": str(folder / bundle.COMMITS),
        "bundle": str(folder),
        "kept": kept,
        "left": proof_facts(seen)["left"],
        "proof": proof_facts(seen),
        "walked": True,
    }
    guide = written(house, folder)
    pushes = () if guide is None else tuple(push.dry_run for push in guide.pushes)
    return Report(
        command="scrub",
        subject=outcome.plan.subject.facts(),
        journal=outcome.journal,
        steps=outcome.steps,
        facts={"scrub": {**facts, "after": None if guide is None else msgspec.to_builtins(guide)}},
        view=(*said(values, seen, facts), *followed_by(guide, commits(kept), again=proof)),
        status=_status(seen),
        exit_code=Exit.CRITICAL if seen.found else None,
        unknown=tuple(Unknown("proof", reason) for reason in seen.unproven),
        # what another engine left goes first: each push would have to be made again
        next=(rest,) if rest and seen.found else (*commits(kept), *pushes[:1], proof)[:1],
    )
