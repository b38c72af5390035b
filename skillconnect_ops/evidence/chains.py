"""The chains of one folder: appends to this writer's, reads those of all writers.

Both ledgers stand on this: what a run observed (`.skc/evidence`), and what was retired
(`.skc/retired`, and in the private state what is too weak to be shared).
"""

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from skillconnect_ops.core.plan import Clock, Proof
from skillconnect_ops.core.ports.environment import Environment
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.disk import lock
from skillconnect_ops.disk.errors import explain
from skillconnect_ops.disk.files import Disk
from skillconnect_ops.evidence import chain, ends, keys, record
from skillconnect_ops.evidence.chain import Chain
from skillconnect_ops.evidence.errors import ChainIsBroken, LedgerIsBusy
from skillconnect_ops.evidence.record import FIRST, Author, Record

LOCK = "evidence.lock"
_ATTRIBUTES = (
    b"evidence/*.jsonl -text",
    b"retired/*.jsonl -text",
    b"allowed_signers -text merge=union",
)
_PATIENCE_S = 20.0
_PAUSE_S = 0.02
Token = Callable[[], str]


def random_token() -> str:
    """Eight hex digits for the name of a new chain."""
    return secrets.token_hex(4)


class Ground(Struct, frozen=True, kw_only=True):
    """What the chains of one project stand on."""

    root: Path
    """The project's root; shared chains lie below it in `.skc/`."""
    state: Path
    """The project's private state folder, for the key and the lock."""
    project: str
    """The project's id; records of another project are no proof in this one."""
    disk: Disk
    clock: Clock
    environment: Environment
    """May hold `SKC_SIGNING_KEY`, the text of a `signing.key`, for CI."""
    token: Token = random_token

    @property
    def shared(self) -> Path:
        """The folder in the repository."""
        return self.root / ".skc"

    @contextmanager
    def mine(self, doing: str, *, command: str) -> Iterator[keys.SigningKey]:
        """Hold the ledger's lock; one for all worktrees, since the key is theirs together."""
        owner = lock.this_process(command=command, since=self.clock.now())
        try:
            with ExitStack() as held:
                self._take(held, owner)
                yield self._key()
        except OSError as error:
            raise explain(error, doing) from error

    def public_key(self) -> keys.PublicKey | None:
        """The public half of this machine's key, or None where there is none yet."""
        given = self.environment.get(keys.VARIABLE)
        if given is not None:
            return keys.from_environment(Secret(given)).public
        key = keys.load(self.state, disk=self.disk)
        return None if key is None else key.public

    def make_shared(self) -> None:
        """The folder in the repository, and what keeps git from changing or fighting over it."""
        self.shared.mkdir(parents=True, exist_ok=True)
        attributes = self.shared / ".gitattributes"
        before = self.disk.read(attributes) if attributes.exists() else b""
        lacking = [line for line in _ATTRIBUTES if line not in before.splitlines()]
        if lacking:
            ended = before if before.endswith(b"\n") or not before else before + b"\n"
            text = ended + b"".join(line + b"\n" for line in lacking)
            self.disk.replace(attributes, text, mode=0o644)

    def signers(self) -> Mapping[str, str]:
        """The text of each listed public key -> the name that it is listed under."""
        return keys.signers(self.shared / "allowed_signers", disk=self.disk)

    def _take(self, held: ExitStack, owner: lock.Owner) -> None:
        """Wait for the lock: an append takes milliseconds, so others are soon done."""
        patience = self.clock.monotonic() + _PATIENCE_S
        while True:
            try:
                held.enter_context(lock.hold(self.state / LOCK, owner=owner, disk=self.disk))
            except lock.Locked as error:
                if self.clock.monotonic() > patience:
                    raise LedgerIsBusy(_PATIENCE_S, why=error.why) from error
                self.clock.sleep(_PAUSE_S)
            else:
                return

    def _key(self) -> keys.SigningKey:
        given = self.environment.get(keys.VARIABLE)
        if given is not None:
            return keys.from_environment(Secret(given))
        return keys.load_or_make(self.state, disk=self.disk)


class Chains:
    """The chains of one folder.

    Args:
        ground: what they stand on.
        folder: where they lie.
        label: a word in the name of each chain, and so in each signed record: a chain of one
            ledger is none of another. The evidence, which was there first, has none.
        memory: the file in the private state that remembers where this machine left its chains.
    """

    def __init__(
        self, ground: Ground, folder: Path, *, label: str = "", memory: str = ends.FILE
    ) -> None:
        self._ground = ground
        self.folder = folder
        self._label = label
        self._memory = memory

    def append(
        self,
        proofs: Sequence[Proof],
        *,
        key: keys.SigningKey,
        command: str,
        journal: str | None = None,
    ) -> tuple[str, tuple[bytes, ...]]:
        """Append records, signed, on disk before this returns; the caller holds the lock.

        Returns:
            The writer's name, and the lines as they were written.
        """
        ground = self._ground
        open_chain = self._open_chain(key)
        author = Author(
            key=key,
            writer=open_chain.writer,
            project=ground.project,
            command=command,
            journal=journal,
            at=ground.clock.now(),
        )
        lines = _lines(proofs, author, after=open_chain)
        self._append(open_chain, b"".join(line + b"\n" for line in lines))
        end = record.digest(lines[-1])
        ends.save(ground.state, open_chain.writer, end, disk=ground.disk, file=self._memory)
        return open_chain.writer, tuple(lines)

    def all(self) -> tuple[Chain, ...]:
        """All chains, by name.

        Raises:
            ChainIsBroken: one is not as it was written.
        """
        return tuple(self._chain(name) for name in self._names())

    def _open_chain(self, key: keys.SigningKey) -> Chain:
        """The chain to write on: one whose end we remember, else a new one."""
        ground = self._ground
        remembered = ends.load(ground.state, disk=ground.disk, file=self._memory)
        begins = f"{key.public.id}-{self._label}-" if self._label else f"{key.public.id}-"
        mine = [self._chain(name) for name in self._names() if name.startswith(begins)]
        for one in mine:
            if remembered.get(one.writer) in one.digests:
                return one
        writer = f"{begins}{ground.token()}"
        return Chain(writer=writer, records=(), digests=(), whole=b"", torn=False)

    def _append(self, to: Chain, data: bytes) -> None:
        path = self.folder / f"{to.writer}.jsonl"
        ground = self._ground
        if self.folder.is_relative_to(ground.shared):
            ground.make_shared()
            self.folder.mkdir(exist_ok=True)
        else:
            ground.disk.make_private(self.folder)
        if to.torn:
            ground.disk.replace(path, to.whole + data, mode=0o600)
        else:
            ground.disk.append(path, data)

    def _chain(self, name: str) -> Chain:
        path = self.folder / name
        if path.stem.split("-")[1:-1] != ([self._label] if self._label else []):
            raise ChainIsBroken(path, 1, why="the file belongs to another ledger")
        return chain.read(path, self._ground.disk.read(path))

    def _names(self) -> list[str]:
        names = self._ground.disk.names(self.folder)
        return [name for name in names if name.endswith(".jsonl")]


def timed(records: Sequence[Record]) -> Iterator[tuple[datetime, Record]]:
    """Each record with the latest time of its chain so far: a clock moved back reorders nothing."""
    latest: datetime | None = None
    for one in records:
        latest = one.at if latest is None else max(latest, one.at)
        yield latest, one


def _lines(proofs: Sequence[Proof], author: Author, *, after: Chain) -> list[bytes]:
    lines: list[bytes] = []
    for seq, proof in enumerate(proofs, start=len(after.records) + 1):
        prev = record.digest(lines[-1]) if lines else (after.digests or (FIRST,))[-1]
        lines.append(record.write(proof, author, seq=seq, prev=prev).line())
    return lines
