"""The evidence ledger of one project: `core.ports.evidence.EvidenceLedger` over files."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from skillconnect_ops.core.plan import Clock, Proof
from skillconnect_ops.core.ports.environment import Environment
from skillconnect_ops.core.ports.evidence import Account, Evidence, Signer
from skillconnect_ops.disk.errors import explain
from skillconnect_ops.disk.files import Disk
from skillconnect_ops.evidence import keys
from skillconnect_ops.evidence.chain import Chain
from skillconnect_ops.evidence.chains import Chains, Ground, Token, random_token, timed
from skillconnect_ops.evidence.record import Record
from skillconnect_ops.evidence.seen import Seen


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
        token: Token = random_token,
    ) -> None:
        self._ground = Ground(
            root=root,
            state=state,
            project=project,
            disk=disk,
            clock=clock,
            environment=environment,
            token=token,
        )
        self._chains = Chains(self._ground, self._ground.shared / "evidence")

    def record(self, proofs: Sequence[Proof], *, command: str, journal: str | None = None) -> None:
        """Append records, signed, on disk before this returns; all of them or none.

        Raises:
            SkcError: the ledger cannot be written, or a chain of this key is broken.
        """
        if not proofs:
            return
        with self._ground.mine("record the evidence", command=command) as key:
            self._chains.append(proofs, key=key, command=command, journal=journal)

    def read(self) -> Sequence[Evidence]:
        """All records of all writers, oldest first; records of one chain in their order.

        Raises:
            SkcError: a chain is broken: which file, which record.
        """
        try:
            return self._records(self._chains.all())
        except OSError as error:
            raise explain(error, "read the evidence") from error

    def account(self, committed: Mapping[str, bytes], *, branch: str | None = None) -> Account:
        """All records, those of other branches that this machine saw among them.

        Raises:
            RecordsAreGone: the last commit, or this branch as it was seen here, had more.
            SkcError: a chain is broken: which file, which record.
        """
        seen = Seen(self._ground, self._chains.folder, branch=branch)
        before = seen.memory.latest
        try:
            there = self._chains.all()
            chains, gaps = seen.filled(there, committed)
            seen.keep(there)
            return Account(records=self._records(chains), gaps=gaps, latest=before)
        except OSError as error:
            raise explain(error, "read the evidence") from error

    def _records(self, chains: Sequence[Chain]) -> tuple[Evidence, ...]:
        listed = self._ground.signers()
        entries = [entry for one in chains for entry in timed(one.records)]
        entries.sort(key=lambda entry: (entry[0], entry[1].writer, entry[1].seq))
        mine = self._ground.project
        return tuple(
            _evidence(one, listed.get(one.key), ours=one.project == mine) for _, one in entries
        )

    def enroll(self, name: str) -> str:
        """List this machine's key under a name; gives the name that it is listed under.

        The line counts for others once a review of the repository has let it in. A name may have
        several keys; a key that is listed already keeps its name.

        Raises:
            UsageError: the name is none.
            SkcError: the list cannot be read or written.
        """
        keys.check_name(name)
        path = self._ground.shared / "allowed_signers"
        with self._ground.mine("enroll this machine's key", command="init") as key:
            listed = keys.signers(path, disk=self._ground.disk)
            if key.public.text in listed:
                return listed[key.public.text]
            before = self._ground.disk.read(path) if path.exists() else b""
            if before and not before.endswith(b"\n"):
                before += b"\n"
            self._ground.make_shared()
            line = f"{name} {key.public.text}\n".encode()
            self._ground.disk.replace(path, before + line, mode=0o644)
        return name

    def signer(self) -> Signer:
        """This machine's key, and the name that it is listed under; changes nothing.

        Raises:
            SkcError: the key or the list cannot be read.
        """
        try:
            public = self._ground.public_key()
            listed = {} if public is None else self._ground.signers()
        except OSError as error:
            raise explain(error, "read the signing key") from error
        key = None if public is None else public.text
        return Signer(key=key, name=listed.get(key or ""))

    def enrolled(self) -> str | None:
        """The name that this machine's key is listed under, or None; makes no key."""
        return self.signer().name

    def withdraw(self) -> None:
        """Take this machine's key off the list again; every other line stays as it is.

        Raises:
            SkcError: the list cannot be read or written.
        """
        path = self._ground.shared / "allowed_signers"
        public = self._ground.public_key()
        if public is None or not path.exists():
            return
        with self._ground.mine("take this machine's key off the list", command="init"):
            lines = self._ground.disk.read(path).splitlines(keepends=True)
            kept = [line for line in lines if line.split()[1:] != [public.text.encode()]]
            if kept != lines:
                self._ground.disk.replace(path, b"".join(kept), mode=0o644)


def _evidence(one: Record, signer: str | None, *, ours: bool) -> Evidence:
    return Evidence(
        at=one.at,
        claim=one.claim,
        subject=one.subject,
        holds=one.holds,
        command=one.command,
        facts=one.facts,
        writer=one.writer,
        signer=signer if ours else None,
        journal=one.journal,
        seq=one.seq,
        ours=ours,
    )
