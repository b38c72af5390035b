"""The evidence ledger of one project: `core.ports.evidence.EvidenceLedger` over files."""

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

from skillconnect_ops.core.errors import UsageError
from skillconnect_ops.core.plan import Clock, Proof
from skillconnect_ops.core.ports.environment import Environment
from skillconnect_ops.core.ports.evidence import Evidence, Signer
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.disk import lock
from skillconnect_ops.disk.errors import explain
from skillconnect_ops.disk.files import Disk
from skillconnect_ops.evidence import chain, ends, keys, record
from skillconnect_ops.evidence.chain import Chain
from skillconnect_ops.evidence.errors import LedgerIsBusy
from skillconnect_ops.evidence.record import FIRST, Author, Record

LOCK = "evidence.lock"
_ATTRIBUTES = b"evidence/*.jsonl -text\nallowed_signers -text merge=union\n"
_PATIENCE_S = 20.0
_PAUSE_S = 0.02


class Ledger:
    """Appends to this writer's chain, reads all chains.

    Args:
        root: the project's root; the ledger lies below it in `.skc/`.
        state: the project's private state folder, for the key and the lock.
        project: the project's id; records of another project are no proof in this one.
        disk: durable files.
        clock: what `at` is taken from.
        environment: may hold `SKC_SIGNING_KEY`, the text of a `signing.key`, for CI.
        token: random hex digits for the name of a new chain.
    """

    def __init__(
        self,
        *,
        root: Path,
        state: Path,
        project: str,
        disk: Disk,
        clock: Clock,
        environment: Environment,
        token: Callable[[], str] = lambda: secrets.token_hex(4),
    ) -> None:
        self._shared = root / ".skc"
        self._state = state
        self._project = project
        self._disk = disk
        self._clock = clock
        self._environment = environment
        self._token = token

    def record(self, proofs: Sequence[Proof], *, command: str, journal: str | None = None) -> None:
        """Append records, signed, on disk before this returns; all of them or none.

        Raises:
            SkcError: the ledger cannot be written, or a chain of this key is broken.
        """
        if not proofs:
            return
        with self._mine("record the evidence", command=command) as key:
            open_chain = self._open_chain(key)
            author = Author(
                key=key,
                writer=open_chain.writer,
                project=self._project,
                command=command,
                journal=journal,
                at=self._clock.now(),
            )
            lines = _lines(proofs, author, after=open_chain)
            self._append(open_chain, b"".join(line + b"\n" for line in lines))
            ends.save(self._state, open_chain.writer, record.digest(lines[-1]), disk=self._disk)

    def read(self) -> Sequence[Evidence]:
        """All records of all writers, oldest first; records of one chain in their order.

        Raises:
            SkcError: a chain is broken: which file, which record.
        """
        try:
            listed = keys.signers(self._shared / "allowed_signers", disk=self._disk)
            chains = [self._chain(name) for name in self._names()]
        except OSError as error:
            raise explain(error, "read the evidence") from error
        timed = [entry for one in chains for entry in _timed(one.records)]
        timed.sort(key=lambda entry: (entry[0], entry[1].writer, entry[1].seq))
        return tuple(
            _evidence(one, listed.get(one.key) if one.project == self._project else None)
            for _, one in timed
        )

    def enroll(self, name: str) -> str:
        """List this machine's key under a name; gives the name that it is listed under.

        The line counts for others once a review of the repository has let it in. A name may have
        several keys; a key that is listed already keeps its name.

        Raises:
            UsageError: the name is none.
            SkcError: the list cannot be read or written.
        """
        if keys.NAME.fullmatch(name) is None:
            raise UsageError(
                f"{name!r} cannot name a signer",
                why="a name is of letters, digits and ._-, at most 64 of them",
                fix="choose such a name, without a space",
            )
        path = self._shared / "allowed_signers"
        with self._mine("enroll this machine's key", command="init") as key:
            listed = keys.signers(path, disk=self._disk)
            if key.public.text in listed:
                return listed[key.public.text]
            before = self._disk.read(path) if path.exists() else b""
            if before and not before.endswith(b"\n"):
                before += b"\n"
            self._make_shared()
            line = f"{name} {key.public.text}\n".encode()
            self._disk.replace(path, before + line, mode=0o644)
        return name

    def signer(self) -> Signer:
        """This machine's key, and the name that it is listed under; changes nothing.

        Raises:
            SkcError: the key or the list cannot be read.
        """
        try:
            listed = keys.signers(self._shared / "allowed_signers", disk=self._disk)
            there = self._environment.get(keys.VARIABLE) or (self._state / keys.FILE).exists()
            key = self._key().public.text if there else None
        except OSError as error:
            raise explain(error, "read the signing key") from error
        return Signer(key=key, name=listed.get(key) if key else None)

    @contextmanager
    def _mine(self, doing: str, *, command: str) -> Iterator[keys.SigningKey]:
        """Hold the ledger's lock; one for all worktrees, since the key is theirs together."""
        owner = lock.this_process(command=command, since=self._clock.now())
        try:
            with ExitStack() as held:
                self._take(held, owner)
                yield self._key()
        except OSError as error:
            raise explain(error, doing) from error

    def _take(self, held: ExitStack, owner: lock.Owner) -> None:
        """Wait for the lock: an append takes milliseconds, so others are soon done."""
        patience = self._clock.monotonic() + _PATIENCE_S
        while True:
            try:
                held.enter_context(lock.hold(self._state / LOCK, owner=owner, disk=self._disk))
            except lock.Locked as error:
                if self._clock.monotonic() > patience:
                    raise LedgerIsBusy(_PATIENCE_S, why=error.why) from error
                self._clock.sleep(_PAUSE_S)
            else:
                return

    def _key(self) -> keys.SigningKey:
        given = self._environment.get(keys.VARIABLE)
        if given is not None:
            return keys.from_environment(Secret(given))
        return keys.load_or_make(self._state, disk=self._disk)

    def _open_chain(self, key: keys.SigningKey) -> Chain:
        """The chain to write on: one whose end we remember, else a new one."""
        remembered = ends.load(self._state, disk=self._disk)
        mine = [self._chain(name) for name in self._names() if name.startswith(f"{key.public.id}-")]
        for one in mine:
            if remembered.get(one.writer) in one.digests:
                return one
        writer = f"{key.public.id}-{self._token()}"
        return Chain(writer=writer, records=(), digests=(), whole=b"", torn=False)

    def _append(self, to: Chain, data: bytes) -> None:
        path = self._shared / "evidence" / f"{to.writer}.jsonl"
        self._make_shared()
        if to.torn:
            self._disk.replace(path, to.whole + data, mode=0o600)
        else:
            self._disk.append(path, data)

    def _make_shared(self) -> None:
        """The folder in the repository, and what keeps git from changing or fighting over it."""
        (self._shared / "evidence").mkdir(parents=True, exist_ok=True)
        attributes = self._shared / ".gitattributes"
        if not attributes.exists():
            self._disk.replace(attributes, _ATTRIBUTES, mode=0o644)

    def _chain(self, name: str) -> Chain:
        path = self._shared / "evidence" / name
        return chain.read(path, self._disk.read(path))

    def _names(self) -> list[str]:
        names = self._disk.names(self._shared / "evidence")
        return [name for name in names if name.endswith(".jsonl")]


def _lines(proofs: Sequence[Proof], author: Author, *, after: Chain) -> list[bytes]:
    lines: list[bytes] = []
    for seq, proof in enumerate(proofs, start=len(after.records) + 1):
        prev = record.digest(lines[-1]) if lines else (after.digests or (FIRST,))[-1]
        lines.append(record.write(proof, author, seq=seq, prev=prev).line())
    return lines


def _timed(records: Sequence[Record]) -> Iterator[tuple[datetime, Record]]:
    """Each record with the latest time of its chain so far: a clock moved back reorders nothing."""
    latest: datetime | None = None
    for one in records:
        latest = one.at if latest is None else max(latest, one.at)
        yield latest, one


def _evidence(one: Record, signer: str | None) -> Evidence:
    return Evidence(
        at=one.at,
        claim=one.claim,
        subject=one.subject,
        holds=one.holds,
        command=one.command,
        facts=one.facts,
        writer=one.writer,
        signer=signer,
        journal=one.journal,
    )
