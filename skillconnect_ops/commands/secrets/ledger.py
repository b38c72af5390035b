"""`skc secrets ledger`: look, plan, hand over to the gait, and say what the ledger knows."""

import re
from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from msgspec import Struct

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.retired import TAKE_KEY
from skillconnect_ops.commands.retired.search import search_files
from skillconnect_ops.commands.secrets import shown
from skillconnect_ops.commands.secrets.steps import SecretRetire
from skillconnect_ops.core.errors import Precondition, UsageError
from skillconnect_ops.core.exits import Status
from skillconnect_ops.core.finding import Finding, Rank
from skillconnect_ops.core.plan import Plan, Subject
from skillconnect_ops.core.report import Report, Unknown
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.view import Lines, Text, Tone, listed
from skillconnect_ops.evidence import strength
from skillconnect_ops.evidence.matching import Reason, Refusal, Retirement
from skillconnect_ops.evidence.retired import RetiredLedger, Shelf
from skillconnect_ops.history.model import Gap
from skillconnect_ops.journal.model import Ask, Choices
from skillconnect_ops.journal.resources import Resource
from skillconnect_ops.terminal.unseen import TwoSources, taken

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")
_URI = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_JWT = re.compile(r"eyJ[A-Za-z0-9_-]+\.eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")


class Source(Struct, frozen=True, kw_only=True):
    """Where a value is to come from; by default from the person at the terminal."""

    env: str | None = None
    """The variable of the env files that holds it."""
    target: str | None = None
    stdin: bool = False
    fd: int | None = None


class NotAName(UsageError):
    """What should name a secret could be one."""

    def __init__(self, *, what: str) -> None:
        super().__init__(
            f"{what} is no name",
            why="a name is of letters, digits and ._-, at most 64 of them; no value goes there",
            fix="name the variable that held it, as in: skc secrets ledger add JWT_SECRET_KEY",
        )


class RevokerNotNamed(UsageError):
    """`--revoked-elsewhere` and `--by` belong together."""

    def __init__(self) -> None:
        super().__init__(
            "--revoked-elsewhere and --by NAME go together",
            why="what skc did not see is somebody's word, and the ledger says whose",
            fix="skc secrets ledger add KEY --revoked-elsewhere --by NAME",
        )


class NotInEnvFile(Precondition):
    """The env files do not hold the variable."""

    def __init__(self, key: str, *, files: Iterable[str]) -> None:
        super().__init__(
            f"{key} has no value",
            why=f"looked in: {', '.join(files) or 'no env file, skc.yaml names none'}",
            fix="give the value itself: --stdin, --fd N, or type it when asked",
        )


class NoLedgerKey(Precondition):
    """There is none to show."""

    def __init__(self) -> None:
        super().__init__(
            "there is no ledger key here",
            why="the first secret that is retired makes one, or a colleague's is taken",
            fix=f"skc secrets ledger add NAME, or {TAKE_KEY}",
        )


def add(
    house: House,
    name: str | None,
    *,
    source: Source,
    reason: Reason,
    revoked_elsewhere: bool,
    by: str | None,
    new_key: bool,
    choices: Choices,
) -> Report:
    """Record that a value is retired.

    Raises:
        UsageError: no name, or `--by` without what it belongs to.
        LedgerKeyIsMissing: the ledger is kept under a key that is not here.
        NotInEnvFile: the variable holds nothing.
    """
    if revoked_elsewhere is not (by is not None):
        raise RevokerNotNamed
    called = _name(name or source.env)
    if by is not None and _NAME.fullmatch(by) is None:
        raise NotAName(what="--by")
    ledger = house.retired()
    secret = _value(house, source, label=f"the retired value of {called}")
    if not choices.dry_run:
        ledger.ensure_key(anew=new_key)
    retirement = ledger.retirement(
        secret,
        name=called,
        kind=kind_of(secret),
        reason=reason,
        refusal=Refusal.ELSEWHERE if revoked_elsewhere else Refusal.UNPROVEN,
        by=by,
    )
    return _record(house, ledger, retirement, secret=secret, choices=choices)


def _record(
    house: House,
    ledger: RetiredLedger,
    retirement: Retirement,
    *,
    secret: Secret,
    choices: Choices,
) -> Report:
    root = house.project().root
    notes = _notes(retirement, secret)
    outcome = house.office().carry_out(
        lambda: _plan(ledger, retirement, root=root, notes=notes),
        person=house.person,
        resources=(Resource("ledger", str(root)),),
        consent=Ask(),
        choices=choices,
    )
    following = "skc secrets ledger list" if outcome.walked else ""
    return Report(
        command="secrets ledger add",
        subject=outcome.plan.subject.facts(),
        journal=outcome.journal,
        steps=outcome.steps,
        facts={"retired": shown.of_retirement(retirement), "recorded": outcome.walked},
        view=shown.added(retirement, outcome),
        next=(following,) if following else (),
    )


def _plan(
    ledger: RetiredLedger, retirement: Retirement, *, root: Path, notes: tuple[str, ...]
) -> Plan:
    there = ledger.find(retirement) is not None
    state = "\0".join((retirement.name, *retirement.fingerprints, str(there)))
    step = SecretRetire(key=f"retire:{retirement.name}", retirement=retirement)
    return Plan(
        command="secrets ledger add",
        subject=Subject(repository=str(root)),
        state=sha256(state.encode()).hexdigest(),
        final=() if there else (step,),
        notes=("it is in the ledger already",) if there else notes,
    )


def _notes(retirement: Retirement, secret: Secret) -> tuple[str, ...]:
    notes = []
    if retirement.private:
        bits = strength.bits(secret)
        notes.append(
            f"it could be guessed ({bits} bits by a careful estimate, {strength.ENOUGH_BITS} are "
            "enough): its fingerprint stays on this machine, and is not shared through git"
        )
    if retirement.refusal is Refusal.UNPROVEN:
        notes.append("nobody has shown that the old value is refused: revoke it where it was valid")
    return tuple(notes)


def list_retired(house: House) -> Report:
    """All that the ledger knows, oldest first."""
    shelf = house.retired().read()
    unread = shelf.matcher().unread
    return Report(
        command="secrets ledger list",
        unknown=_unknown(shelf, unread),
        facts={
            "retired": [shown.of_retired(entry) for entry in shelf.entries],
            "keys": shelf.ring.ids,
            "missing_keys": unread,
        },
        view=(shown.table(shelf.entries), *_told(unread)),
        next=_after_list(shelf, unread),
    )


def _told(unread: Sequence[str]) -> tuple[Lines, ...]:
    """That names can be listed by anybody, and values be compared by who has the key alone."""
    if not unread:
        return ()
    said = f"no value can be compared with what was recorded under {listed(unread)}: it is not here"
    return (Lines((Text(said, Tone.WARN),)),)


def _after_list(shelf: Shelf, unread: Sequence[str]) -> tuple[str, ...]:
    if unread:
        return (TAKE_KEY,)
    return ("skc secrets ledger check",) if shelf.entries else ("skc secrets ledger add",)


def check(house: House, *, source: Source, paths: tuple[Path, ...]) -> Report:
    """Whether a value, or anything in some files or folders, was retired.

    Raises:
        SkcError: a file that was named cannot be read.
        LedgerKeyIsMissing: nothing matched, and there are records that cannot be read here.
    """
    if paths and (source.env or source.stdin or source.fd is not None):
        raise TwoSources("--path and a single value")
    shelf = house.retired().read()
    matcher = shelf.matcher()
    gaps: tuple[Gap, ...] = ()
    facts: dict[str, Any] = {}
    if paths:
        searched = search_files(house, paths, matcher, root=house.project().root)
        found = tuple(sorted(map(shown.found, searched.found), key=_as_read))
        gaps, facts = searched.gaps, {"files": searched.files}
    else:
        value = _value(house, source, label="the value to check")
        retired = matcher.check(value)
        found = () if retired is None else (shown.finding(retired, subject=source.env),)
    if not found and matcher.unread:
        raise shelf.missing(matcher.unread)
    looked_at = "nothing that was looked at is" if gaps else "nothing in the files is"
    what = looked_at if paths else "the value is not"
    return Report(
        command="secrets ledger check",
        status=Status.FINDINGS if found else Status.OK,
        findings=found,
        unknown=(
            *_unknown(shelf, matcher.unread),
            *(Unknown(gap.subject, gap.reason) for gap in gaps),
        ),
        facts={"retired": bool(found), "records": len(shelf.entries), **facts},
        view=() if found else (Lines((f"not retired: {what} in the ledger",)),),
        next=("skc secrets ledger list",),
    )


def _as_read(finding: Finding) -> tuple[int, str, int, int]:
    """The gravest first, then as an editor goes through them."""
    place = finding.path or "", finding.line or 0, finding.column or 0
    return -Rank[finding.severity.name], *place


def keys(house: House, *, reveal: bool, take: bool, source: Source) -> Report:
    """Show which keys are here, hand one out, or take one in."""
    if reveal and take:
        raise TwoSources("--reveal and --take")
    ledger = house.retired()
    if take:
        text = _value(house, source, label="the ledger key")
        ids = ledger.take_key(text)
        house.person.note(f"kept: {', '.join(ids)}; new records are made under {ids[0]}")
    shelf = ledger.read()
    if reveal and not shelf.ring.keys:
        unread = shelf.matcher().unread
        raise shelf.missing(unread) if unread else NoLedgerKey
    texts = tuple(key.text().reveal() for key in shelf.ring.keys) if reveal else ()
    facts = shown.key_facts(shelf)
    return Report(
        command="secrets ledger key",
        facts={"keys": facts, "text": "\n".join(texts)} if reveal else {"keys": facts},
        view=(Lines(texts),) if reveal else (shown.key_table(shelf),),
        next=() if reveal else ("skc secrets ledger key --reveal   # for CI: SKC_LEDGER_KEY",),
    )


def kind_of(secret: Secret) -> str:
    """What a value looks like: `mongodb URI`, `private key`, `JWT`, or just `value`."""
    value = secret.reveal().strip()
    uri = _URI.match(value)
    if uri is not None:
        return f"{uri[1].lower()} URI"
    if value.startswith("-----BEGIN"):
        return "private key"
    return "JWT" if _JWT.fullmatch(value) else "value"


def _name(given: str | None) -> str:
    if given is None:
        raise UsageError(
            "the retired secret has no name",
            why="the ledger lists secrets by name, since it does not hold their values",
            fix="skc secrets ledger add NAME, or --env KEY",
        )
    if _NAME.fullmatch(given) is None or not strength.is_weak(Secret(given)):
        raise NotAName(what="the word that was given")
    return given


def _value(house: House, source: Source, *, label: str) -> Secret:
    if source.env is None:
        return taken(house.person, label=label, stdin=source.stdin, fd=source.fd)
    if source.stdin or source.fd is not None:
        raise TwoSources("--env and --stdin or --fd")
    target = house.target(source.target)
    value = house.env_values(target).get(source.env)
    if not value:
        raise NotInEnvFile(source.env, files=target.settings.env_files)
    return value


def _wanted(shelf: Shelf, key: str) -> str:
    missing = shelf.missing((key,))
    return f"{missing.why}; {missing.fix}"


def _unknown(shelf: Shelf, unread: Iterable[str]) -> tuple[Unknown, ...]:
    return (
        *(Unknown(gap.partition(":")[0], gap.partition(": ")[2]) for gap in shelf.gaps),
        *(Unknown(f"ledger key {key}", _wanted(shelf, key)) for key in unread),
    )
