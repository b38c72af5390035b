"""`skc scrub`: looks for what is to go, plans, hands over to the gait, says what must follow."""

import os
from collections.abc import Collection, Sequence
from datetime import timedelta
from hashlib import sha256
from itertools import chain
from itertools import count as numbers
from pathlib import Path

import msgspec
from msgspec.structs import replace

from skillconnect_ops.commands import retired as known
from skillconnect_ops.commands.bundles import HOME, kept
from skillconnect_ops.commands.folder import home_of
from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.scrub import again, bundle, found, sources
from skillconnect_ops.commands.scrub.errors import (
    IncompleteHistory,
    MaskHoldsValue,
    NoSuchFile,
    NoSuchMatch,
    NothingChosen,
    NothingToLookFor,
    OddReplacement,
)
from skillconnect_ops.commands.scrub.keeping import Keeper
from skillconnect_ops.commands.scrub.matching import matched
from skillconnect_ops.commands.scrub.model import Engine, Manner, Value, Wish
from skillconnect_ops.commands.scrub.paths import Globs, Taken, from_the_top
from skillconnect_ops.commands.scrub.places import office_state, opened, own_texts
from skillconnect_ops.commands.scrub.plan import plan
from skillconnect_ops.commands.scrub.proof import prove
from skillconnect_ops.commands.scrub.ready import (
    must_be_outside,
    must_be_ready,
    must_be_settled,
    must_be_whole,
)
from skillconnect_ops.commands.scrub.reporting import (
    FINISHED,
    finished,
    judged_by,
    looked_at,
    not_walked,
    record,
    report_of,
)
from skillconnect_ops.commands.scrub.rewrite import NAME_MASK
from skillconnect_ops.commands.scrub.sealing import (
    is_sealed_to,
    must_be_sealable,
    says_how,
    sealed_for,
)
from skillconnect_ops.commands.scrub.searching import searched, still_used, within
from skillconnect_ops.commands.scrub.shown import proof_facts, said_of_proof
from skillconnect_ops.commands.scrub.steps import surveyed
from skillconnect_ops.commands.scrub.trying import tried
from skillconnect_ops.commands.scrub.unseen import named_without, unseen
from skillconnect_ops.core.errors import Refused
from skillconnect_ops.core.plan import Plan
from skillconnect_ops.core.ports.objects import ObjectKind, Repository
from skillconnect_ops.core.report import Report
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.view import listed
from skillconnect_ops.history.looking import Wanted, in_content
from skillconnect_ops.history.needles import MASK
from skillconnect_ops.journal.model import Choices, TypeName
from skillconnect_ops.journal.office import Office
from skillconnect_ops.journal.pending import PENDING
from skillconnect_ops.journal.resources import Resource


def scrub(house: House, wish: Wish, *, manner: Manner, choices: Choices) -> Report:
    """Take values and files out of the whole history.

    Raises:
        NothingToLookFor: nothing was named.
        Refused: a value may still open something, changes are not committed, nobody agreed.
        Precondition: no repository, or one that is not whole, or is busy.
    """
    if wish.is_empty:
        raise NothingToLookFor("skc scrub")
    repository = opened(house)
    root = repository.root or repository.git_folder
    typed = wish
    wish = replace(wish, paths=from_the_top(wish.paths, house.environment.folder, root))
    must_be_sealable(house, manner)
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
    except UnicodeEncodeError as error:
        raise OddReplacement from error
    except ValueError as error:
        raise MaskHoldsValue(NAME_MASK.decode()) from error
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
            told=(*told.notes, *chosen.notes, *says_how(house, manner)),
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
    if not unfinished and not _was_done(house, repository, state):
        _must_match(wish, gone, values)
    refusal: Refused | None = None
    if not manner.not_rotated_yet:
        blobs = gone.blobs.union(seen.holding.get(ObjectKind.BLOB, ()))
        values, notes, refusal = _judged(
            house, repository, chosen, gone, blobs, looks_only=choices.looks_only
        )
        told = (*told, *notes)
    folder = _folder(house, manner, root, state)
    must_be_outside(house, repository, folder)
    proof = again.proving(typed, folder, sealed_to=is_sealed_to(house, manner))
    tokens = (PENDING.give(Secret("")), PENDING.give(Secret("")))

    def hand_over() -> None:
        """Once the person agreed: nobody is asked for a passphrase by a mere look."""
        packed = msgspec.msgpack.encode([value.data for value in values])
        seal = msgspec.msgpack.encode(sealed_for(house, manner))
        for token, content in zip(tokens, (packed, seal), strict=True):
            PENDING.keep(token, Secret(content.decode("latin-1")))

    def look() -> Plan:
        # what a scrub that died left half done is nobody's change, and is finished before this one
        healed = unfinished and not _unfinished(office, resource)
        if healed:
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
            told=(*told, FINISHED) if healed else told,
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
    if refusal is not None:
        refusal.facts = {"scrub": looked_at(chosen, values)}
        raise refusal
    if not outcome.walked:
        report = not_walked(house, chosen, values, outcome, typed)
        if unfinished and FINISHED in outcome.plan.notes and not outcome.plan.steps:
            return finished(house, report, repository, values, wish)
        return report
    return report_of(
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


def _must_match(wish: Wish, gone: Taken, values: Sequence[Value]) -> None:
    """Refuse what is more likely mistyped than meant; after a scrub there is nothing left to match.

    Raises:
        NoSuchFile: no commit has such a file.
        NoSuchMatch: no pattern matches.
    """
    if wish.paths and not gone.names:
        raise NoSuchFile(wish.paths)
    if wish.patterns and not values:
        raise NoSuchMatch


def _judged(
    house: House,
    repository: Repository,
    chosen: found.Chosen,
    gone: Taken,
    blobs: Collection[str],
    *,
    looks_only: bool,
) -> tuple[Sequence[Value], Sequence[str], Refused | None]:
    """The values, each judged; what is to be said of what env files hold; what a look is refused.

    Raises:
        Refused: one still opens something, or may. A mere look shows the plan first.
    """
    same, notes = still_used(house, repository, gone)
    every = (*chosen.values, *within(house, repository, gone), *same)
    judged = tried(house, repository, every, blobs=blobs, record=not looks_only)
    values = judged[: len(chosen.values)]
    try:
        sources.must_be_dead(judged)
    except Refused as error:
        if not looks_only:
            raise
        return values, notes, error
    return values, notes, None


def verify(house: House, wish: Wish) -> Report:
    """Prove that no value, and no file, is left in anything that the repository holds.

    Raises:
        NothingToLookFor: nothing was named.
    """
    if wish.is_empty:
        raise NothingToLookFor("skc scrub verify")
    repository = opened(house)
    root = repository.root or repository.git_folder
    paths = from_the_top(wish.paths, house.environment.folder, root)
    told = matched(house, repository, wish.patterns, mask=MASK.decode())
    values = all_values(house, repository, wish, matches=told.values).values
    seen = prove(house, repository, tuple(value.data for value in values), paths=paths)
    if not values and not paths:
        seen = replace(seen, unproven=(*seen.unproven, "no value to look for was found"))
    record(house, seen, repository, len(values), command="scrub verify")
    report = Report(
        command="scrub verify",
        subject={"repository": str(root)},
        facts={"proof": proof_facts(seen)},
        view=said_of_proof(seen),
        next=(again.scrubbing(wish),) if seen.found else ("skc status",),
    )
    return judged_by(seen, report)


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
    notes: tuple[str, ...] = ()
    if wish.retired:
        unmet = known.unmet(house, given)
        also = "retired, and not met by the search; --values-from FILE looks closer"
        notes = (f"{also}: {listed(unmet)}",) if unmet else ()
    return found.Chosen(values=tuple(given.values()), candidates=every, notes=notes)


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
    # two within a second: each has its own, and they are listed in their order
    names = chain((f"{stamp}-{name}",), (f"{stamp}-{name}-{n}" for n in numbers(2)))
    return next(place for each in names if not (place := home / HOME / each).exists())


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
    planned = plan(
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
        quiet=FINISHED in told,
        engine=manner.engine,
    )
    if planned.steps:
        bundle.Folder(folder, disk=house.disk).must_be_free(str(home_of(repository)))
    return planned


def _beside(repository: Repository, wanted: Wanted, refs: Sequence[str]) -> list[str]:
    """What of refs' names and the git folder's own files holds a value."""
    needles = Wanted(wanted.values, NAME_MASK).needles
    raw_names = {os.fsencode(name): name for name in refs}
    found = []
    if needles.may_stand_in(raw_names):
        found = [name for raw, name in raw_names.items() if needles.held(raw)]
    for name, path in own_texts(repository):
        raw = name.encode(errors="surrogateescape")
        if in_content(needles, raw) or in_content(needles, path.read_bytes()):
            found.append(f".git/{name}")
    return [os.fsdecode(needles.without(os.fsencode(name))) for name in found]
