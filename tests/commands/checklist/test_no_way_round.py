"""No record, merge, cut, edit or clock makes an item pass that a plain reading does not."""

import os
import shutil
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from skillconnect_ops.commands.checklist.judging import doubt, judged
from skillconnect_ops.commands.checklist.model import (
    AnyMeans,
    ByAudit,
    ByCommand,
    ByEvidence,
    ByPerson,
    Checklists,
    Group,
    Item,
    Scope,
)
from skillconnect_ops.commands.checklist.standing import (
    ATTESTED,
    PROOF,
    UNWAIVED,
    WAIVED,
    WITHDRAWN,
    Look,
    Place,
    Status,
)
from skillconnect_ops.core.errors import NeedsPerson
from skillconnect_ops.core.plan import Proof
from skillconnect_ops.disk.files import Disk
from skillconnect_ops.evidence import record
from skillconnect_ops.evidence.keys import SigningKey
from skillconnect_ops.evidence.ledger import Ledger
from skillconnect_ops.evidence.record import Author
from tests.commands.checklist.naive import in_order, may_pass
from tests.evidence.bench import StillClock, Variables

START = datetime(2026, 11, 1, tzinfo=UTC)
AT = {"target": "production", "cluster": "db:27017"}
KEYS = [SigningKey(Ed25519PrivateKey.generate()) for _ in range(4)]
LISTED = {KEYS[0].public.text: "ana", KEYS[1].public.text: "ben"}
AUDIT = ByAudit(audit=("console-call",))
COMMAND = ByCommand(command=("indexes", "check"), subject=Scope.TARGET)
DRILL = ByEvidence(evidence="backup.restorable")
WORD = ByPerson(person="It is so.")
MEANS: tuple[AnyMeans, ...] = (AUDIT, COMMAND)
LISTS = Checklists(
    version=1,
    groups={
        "g": Group(
            title="G",
            items={
                "code": Item(text="Code", proof=(AUDIT,)),
                "both": Item(text="Both", proof=(AUDIT, DRILL)),
                "server": Item(text="Server", proof=(COMMAND,), must=True),
                "drill": Item(text="Drill", proof=(DRILL,)),
                "word": Item(text="Word", proof=(WORD,)),
                "mixed": Item(text="Mixed", proof=(COMMAND, WORD)),
                "same": Item(text="Same", same_as="g/drill"),
            },
        )
    },
)


class Unsynced:
    """The system, but for waiting for the platter: nothing here outlives a test."""

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    def fsync(self, descriptor: int) -> None:
        """Nothing."""


class Theatre:
    """A project, those who write to its ledger, and the machine that reads it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = StillClock()
        self.clock.time = self.true = START
        self.written: dict[str, list[bytes]] = {}
        """As it was, by chain; what is of a clone only once it is merged."""
        self.elsewhere: dict[str, list[bytes]] = {}
        self.known: dict[str, int] = {}
        """How many records of each chain the reader has seen."""
        self.committed: dict[str, bytes] = {}
        self.edited: set[str] = set()
        self.latest: datetime | None = None
        self.at.mkdir(parents=True)
        lines = "".join(f"{name} {key}\n" for key, name in LISTED.items())
        (folder / ".skc" / "allowed_signers").write_text(lines)
        self.ledger = Ledger(
            root=folder,
            state=folder / "state",
            project="p1",
            disk=Disk(system=Unsynced()),
            clock=self.clock,
            environment=Variables(),
        )

    @property
    def at(self) -> Path:
        return self.folder / ".skc" / "evidence"

    def path(self, writer: str) -> Path:
        return self.at / f"{writer}.jsonl"

    def write(self, proof: Proof, who: int, *, skew_min: int, project: str, clone: bool) -> None:
        """Append a record, signed by somebody with a clock of their own."""
        key = KEYS[who]
        writer = f"{key.public.id}-{'cccccccc' if clone else 'aaaaaaaa'}"
        into = self.elsewhere if clone else self.written
        if not clone and writer in self.edited | set(self.shortened()):
            return  # an honest writer refuses a chain that is not whole
        lines = into.setdefault(writer, [])
        author = Author(
            key=key,
            writer=writer,
            project=project,
            command="checklist verify",
            journal=None,
            at=self.true + timedelta(minutes=skew_min),
        )
        prev = record.digest(lines[-1]) if lines else ""
        lines.append(record.write(proof, author, seq=len(lines) + 1, prev=prev).line())
        if not clone:
            self.path(writer).write_bytes(b"".join(line + b"\n" for line in lines))

    def shortened(self) -> list[str]:
        """The chains that are shorter than they were."""
        return [one for one in self.written if len(self.lines(one)) < len(self.written[one])]

    def lines(self, writer: str) -> list[bytes]:
        path = self.path(writer)
        return path.read_bytes().split(b"\n")[:-1] if path.exists() else []

    def merge(self) -> None:
        """Git brings the clone's chains."""
        for writer, lines in self.elsewhere.items():
            if writer not in self.edited:
                self.written[writer] = list(lines)
                self.path(writer).write_bytes(b"".join(line + b"\n" for line in lines))

    def cut(self, number: int) -> None:
        """Cut the end off one of the chains."""
        for writer in sorted(self.written)[:1]:
            lines = self.lines(writer)[: -1 - number % 3] or []
            if writer in self.edited:
                return
            self.path(writer).write_bytes(b"".join(line + b"\n" for line in lines))
            if len(lines) >= self.must_have(writer):  # nobody can know of the rest
                self.written[writer] = lines
                if not lines:
                    self.path(writer).unlink()
                    del self.written[writer]

    def must_have(self, writer: str) -> int:
        committed = self.committed.get(f"{writer}.jsonl", b"").count(b"\n")
        return max(committed, self.known.get(writer, 0))

    def commit(self) -> None:
        if not self.edited and not self.shortened():
            self.committed = {path.name: path.read_bytes() for path in self.at.iterdir()}

    def flip(self, place: int, bit: int) -> None:
        """Change one bit of some chain, for good."""
        for path in sorted(self.at.iterdir())[:1]:
            data = bytearray(path.read_bytes())
            if data and path.stem not in self.edited:
                data[place % len(data)] ^= 1 << bit
                path.write_bytes(bytes(data))
                self.edited.add(path.stem)

    def states(self, content: str) -> Mapping[str, Status]:
        """As the command would tell them; where it would stop, nothing is known."""
        place = Place(target=AT["target"], clusters=frozenset({AT["cluster"]}), content=content)
        now = self.clock.now()
        try:
            account = self.ledger.account(self.committed, branch="main")
        except NeedsPerson:
            return {name: Status.UNKNOWN for _, name, _ in LISTS.named()}
        why = doubt(account.records, now, latest=account.latest)
        look = Look(place=place, now=now, doubt=why)
        return {one.name: one.status for one in judged(LISTS, account.records, look)}

    def look(self, content: str) -> None:
        """Look, and hold what comes out against the plain reading."""
        states = self.states(content)
        whole = not self.edited and not any(
            len(self.lines(one)) < self.must_have(one)
            for one in {*self.written, *self.known, *(Path(n).stem for n in self.committed)}
        )
        for _, name, _ in LISTS.named():
            proofs = [
                {"kind": one.kind, "digest": one.digest, "evidence": getattr(one, "evidence", "")}
                for one in LISTS.item(name).proof
            ]
            may = whole and may_pass(
                proofs,
                in_order(self.written),
                listed=frozenset(LISTED),
                project="p1",
                here=AT,
                content=content,
                now=self.clock.now(),
                clock_before=self.latest,
            )
            assert (states[name] is Status.PASS) is may, (name, states[name])
        if whole:
            self.known = {one: len(self.written[one]) for one in self.written}
            now = self.clock.now()
            if self.latest is None or (now - self.latest).total_seconds() > 60:
                self.latest = now


PASSED = {"outcome": "pass", "says": "", "content": "c1"}
subjects = st.sampled_from(
    [AT, AT, {}, {**AT, "target": "demo"}, {**AT, "cluster": "127.0.0.1:27017"}]
)
who = st.sampled_from([0, 0, 0, 1, 1, 2, 3])
outcomes = st.sampled_from(["pass", "pass", "pass", "fail", "unknown", "not applicable", "fine"])
by_whom = st.fixed_dictionaries(
    {
        "who": who,
        "skew_min": st.sampled_from([0, 0, 0, 0, -3, 3, -600, 9, 600]),
        "project": st.sampled_from(["p1", "p1", "p2"]),
        "clone": st.sampled_from([False, False, True]),
    }
)


@st.composite
def looks(draw: st.DrawFn) -> Proof:
    means = draw(st.sampled_from(MEANS))
    outcome = draw(outcomes)
    place = draw(subjects) if means is COMMAND else draw(st.sampled_from([{}, {}, AT]))
    return Proof(
        claim=PROOF,
        subject={"proof": means.digest, "kind": means.kind, **place},
        holds=draw(st.sampled_from([outcome == "pass"] * 3 + [outcome != "pass"])),
        facts={
            "outcome": outcome,
            "says": "",
            "content": draw(st.sampled_from(["c1", "c1", "c1", "c2"])),
        },
    )


@st.composite
def acts(draw: st.DrawFn) -> Proof:
    databases = draw(st.sampled_from([["a"], ["a"], ["b"]]))
    return Proof(
        claim=draw(st.sampled_from(["backup.restorable", "backup.restorable", "backup.taken"])),
        subject={**draw(subjects), "databases": databases},
        holds=draw(st.sampled_from([True, True, False])),
    )


@st.composite
def words(draw: st.DrawFn) -> Proof:
    """Whatever `attest` and `waive` can leave, for any item."""
    name = draw(st.sampled_from([name for _, name, _ in LISTS.named()]))
    means = draw(st.sampled_from([WORD, AUDIT, COMMAND]))
    return Proof(
        claim=draw(st.sampled_from([ATTESTED, WITHDRAWN, WAIVED, UNWAIVED])),
        subject={"item": name, "proof": means.digest, **draw(subjects)},
        holds=True,
        facts={"reason": "r", "days": 90, "owner": "o", "until": "2026-12-01", "outcome": "pass"},
    )


steps = st.one_of(
    st.tuples(st.just("write"), looks(), by_whom),
    st.tuples(st.just("write"), looks(), by_whom),
    st.tuples(st.just("write"), acts(), by_whom),
    st.tuples(st.just("write"), words(), by_whom),
    st.tuples(st.just("wait"), st.sampled_from([1, 30, 60 * 24, 60 * 24 * 8, 60 * 24 * 31])),
    st.tuples(st.just("clock"), st.sampled_from([-60 * 24 * 40, -60 * 24, -4, 4, 60 * 24])),
    st.tuples(st.just("turn back"), st.sampled_from([2, 6, 60 * 24 * 40])),
    st.tuples(st.just("merge")),
    st.tuples(st.just("look")),
    st.tuples(st.just("commit")),
    st.tuples(st.just("cut"), st.integers(0, 2)),
    st.tuples(st.just("flip"), st.integers(0), st.integers(0, 7)),
)
BY_ANA = {"who": 0, "skew_min": 0, "project": "p1", "clone": False}
GOOD = [
    (
        "write",
        Proof(claim=PROOF, subject={"proof": AUDIT.digest}, holds=True, facts=PASSED),
        BY_ANA,
    ),
    (
        "write",
        Proof(claim=PROOF, subject={"proof": COMMAND.digest, **AT}, holds=True, facts=PASSED),
        BY_ANA,
    ),
    (
        "write",
        Proof(claim="backup.restorable", subject={**AT, "databases": ["a"]}, holds=True),
        BY_ANA,
    ),
]
"""All that a machine can prove is proven; most plays begin so, since it is then to be lost."""
plays = st.tuples(
    st.sampled_from([GOOD, GOOD, GOOD, []]),
    st.lists(steps, min_size=1, max_size=9),
    st.sampled_from(["c1", "c1", "c1", "c2"]),
).map(lambda parts: ([*parts[0], *parts[1]], parts[2]))


def play(script: list[tuple[Any, ...]], content: str) -> Theatre:
    folder = Path(tempfile.mkdtemp(dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
    try:
        theatre = Theatre(folder)
        for verb, *rest in script:
            match verb:
                case "write":
                    theatre.write(rest[0], **rest[1])
                case "wait":
                    theatre.true += timedelta(minutes=rest[0])
                    theatre.clock.time += timedelta(minutes=rest[0])
                case "clock":
                    theatre.clock.time += timedelta(minutes=rest[0])
                case "look":
                    theatre.look(content)
                case "turn back":
                    theatre.look(content)
                    theatre.clock.time -= timedelta(minutes=rest[0])
                case _:
                    getattr(theatre, verb)(*rest)
        theatre.look(content)
        return theatre
    finally:
        shutil.rmtree(folder)


@settings(max_examples=600)
@given(plays)
def test_nothing_passes_that_a_plain_reading_does_not_let_pass(
    script_and_content: tuple[list[tuple[Any, ...]], str],
) -> None:
    play(*script_and_content)


@pytest.mark.long
@settings(max_examples=12_000)
@given(plays)
def test_nothing_passes_that_a_plain_reading_does_not_let_pass_ten_thousand_times(
    script_and_content: tuple[list[tuple[Any, ...]], str],
) -> None:
    play(*script_and_content)
