"""What a scrub does, decided from what was seen; pure."""

from collections.abc import Sequence
from datetime import date
from hashlib import sha256

from skillconnect_ops.commands.scrub.filtered import SAYS as OF_ANOTHER
from skillconnect_ops.commands.scrub.guide import GuideWrite
from skillconnect_ops.commands.scrub.keeping import Kept, says
from skillconnect_ops.commands.scrub.model import Engine, Standing, Value
from skillconnect_ops.commands.scrub.paths import Taken
from skillconnect_ops.commands.scrub.steps import (
    HistoryRewrite,
    HistorySave,
    ObjectsDrop,
    ReferencesRenew,
    RefsMove,
)
from skillconnect_ops.core.plan import Plan, Subject
from skillconnect_ops.core.ports.objects import ObjectKind
from skillconnect_ops.core.ports.rewriting import Ref
from skillconnect_ops.core.view import count, listed
from skillconnect_ops.history.holding import Survey


def plan(
    root: str,
    *,
    values: Sequence[Value],
    survey: Survey,
    gone: Taken,
    gone_names: Sequence[str],
    refs: Sequence[Ref],
    in_files: Sequence[str],
    mask: str,
    paths: Sequence[str],
    folder: str,
    tokens: tuple[str, str],
    sealed: bool,
    delete_by: date,
    kept: Sequence[Kept] | None = None,
    told: Sequence[str] = (),
    again: str = "",
    quiet: bool = False,
    engine: Engine = Engine.OWN,
) -> Plan:
    """Bundle, new objects, refs, what names them, and the old ones gone.

    Args:
        root: the repository.
        values: what is to go.
        survey: the objects that hold or reach one.
        gone_names: the paths of that for people; no value is in them.
        gone: what goes by its path.
        refs: as they stand.
        in_files: files of the git folder, and names of refs, that hold a value.
        mask: what stands in their place.
        paths: as they were typed.
        folder: of the bundle.
        tokens: for the values, and for who can open the bundle.
        sealed: whether somebody has to.
        delete_by: until when the bundle is of use.
        kept: files that stay as they are, and are followed no longer; None: they are masked.
        told: what is to be said of how the values were found.
        again: what proves it once more.
        quiet: whether values that are found nowhere are no wonder.
        engine: what makes the new objects.
    """
    state = sha256()
    for ref in refs:
        state.update(f"{ref.name}\0{ref.oid}\0{ref.leads_to}\0".encode(errors="surrogateescape"))
    state.update(f"{survey.objects} {mask} {len(values)} {sorted(paths)}".encode())
    nothing = survey.is_clean and not gone.names and not in_files
    subject = Subject(repository=root)
    nowhere = () if quiet else _nowhere(values, survey, in_files)
    if nothing:
        return Plan(
            command="scrub", subject=subject, state=state.hexdigest(), notes=(*told, *nowhere)
        )
    affected = survey.affected
    moving = sum(
        ref.leads_to is None and any(ref.oid in affected[kind] for kind in affected) for ref in refs
    )
    return Plan(
        command="scrub",
        subject=subject,
        state=state.hexdigest(),
        steps=(
            HistorySave(
                key="save:history",
                folder=folder,
                values=tokens[0],
                seal=tokens[1],
                number=len(values),
                sealed=sealed,
                delete_by=delete_by,
            ),
            HistoryRewrite(
                key="rewrite:history",
                folder=folder,
                mask=mask,
                paths=tuple(paths),
                engine=engine,
                blobs=len(affected[ObjectKind.BLOB]),
                trees=len(affected[ObjectKind.TREE]),
                commits=len(affected[ObjectKind.COMMIT]),
                tags=len(affected[ObjectKind.TAG]),
            ),
            RefsMove(key="move:refs", folder=folder, number=moving),
        ),
        final=(
            ReferencesRenew(
                key="renew:references",
                folder=folder,
                mask=mask,
                paths=tuple(paths),
                keep=kept is not None,
                engine=engine,
            ),
            GuideWrite(key="write:guide", folder=folder, again=again),
            ObjectsDrop(
                key="drop:objects",
                folder=folder,
                mask=mask,
                paths=tuple(paths),
                keep=kept is not None,
                engine=engine,
                again=again,
            ),
        ),
        notes=(
            *told,
            *(OF_ANOTHER if engine is Engine.FILTER_REPO else ()),
            *_notes(values, survey, gone_names, in_files, folder),
            *says(kept or ()),
            *nowhere,
        ),
    )


def _nowhere(values: Sequence[Value], survey: Survey, in_files: Sequence[str]) -> tuple[str, ...]:
    """A value that is mistyped is found nowhere, and nobody is to take that for clean."""
    if in_files:
        return ()
    each = (held for holding in survey.holding.values() for held in holding.values())
    found = {index for held in each for index in held}
    missing = [value.label for index, value in enumerate(values) if index not in found]
    return (f"found nowhere; is it spelled rightly? {listed(missing)}",) if missing else ()


BORROWERS = (
    "a clone that borrows objects from here (git clone --shared or --reference) breaks when they "
    "go, and nothing here tells of it: in each, first git repack -a -d, then remove "
    "objects/info/alternates"
)


def _notes(
    values: Sequence[Value],
    survey: Survey,
    gone_names: Sequence[str],
    in_files: Sequence[str],
    folder: str,
) -> list[str]:
    notes = []
    changed, total = len(survey.affected[ObjectKind.COMMIT]), len(survey.commits)
    if changed:
        notes.append(
            f"{changed:,} of {count(total, 'commit')} get another id; every clone must be made anew"
        )
        notes.append(BORROWERS)
    if gone_names:
        names = sorted(gone_names)
        notes.append(f"gone from history, stashes too: {listed(names)}; files on your disk stay")
    if in_files:
        notes.append(f"beside the objects: {listed(in_files)}")
    unsure = [value.label for value in values if value.standing is Standing.RETIRED]
    if unsure:
        notes.append(f"retired, and nobody has shown that they are refused: {listed(unsure)}")
    alive = (Standing.WORKING, Standing.UNKNOWN)
    working = [value.label for value in values if value.standing in alive]
    if working:
        notes.append(
            f"perhaps still in use: {listed(working)}; whoever has a clone can use it until it is "
            "rotated"
        )
    notes.append(f"the bundle: {folder}; it holds every secret")
    return notes
