"""The ledger of retired secrets: which values must never come back, without holding any of them.

`.skc/retired/<writer>.jsonl` in the repository: chains as those of the evidence, each record with
the name, the reason and keyed fingerprints (HMAC-SHA-256) of the value in every form that a scanner
may find it in. What could be guessed (`strength`) is kept in the private state of the machine.

**What is noticed.** Whatever the evidence notices, and a cut end as well: the evidence names each
retirement by its chain and hash, and the private state keeps a copy of every chain that it saw.
A chain that is shorter than its copy is read from the copy, and told (`Shelf.gaps`): on another
branch that is nothing wrong, and a value that was retired on one branch must not pass on another.

**What is not.** Whoever can write the repository can remove evidence and retirements together; on
a machine that never saw them, only the history in git shows it. Nor can anybody without the key
tell what the fingerprints are of, or add a record that matches a value of their choice.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from msgspec import Struct

from skillconnect_ops.core.plan import Clock
from skillconnect_ops.core.ports.environment import Environment
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.disk.errors import explain
from skillconnect_ops.disk.files import Disk
from skillconnect_ops.evidence import record, remembered, retired_keys, retirements, strength
from skillconnect_ops.evidence.chain import Chain
from skillconnect_ops.evidence.chains import Chains, Ground, Token, random_token, timed
from skillconnect_ops.evidence.errors import LedgerKeyIsMissing
from skillconnect_ops.evidence.forms import forms
from skillconnect_ops.evidence.matching import (
    Matcher,
    Matches,
    Reason,
    Refusal,
    Retired,
    Retirement,
)
from skillconnect_ops.evidence.retired_keys import LedgerKey, Ring
from skillconnect_ops.evidence.retirements import Anchor

LABEL = "retired"
_SHARED_ENDS = "retired-ends.json"
_PRIVATE_ENDS = "retired-private-ends.json"


class Shelf(Struct, frozen=True, kw_only=True):
    """The ledger as read."""

    entries: tuple[Retired, ...]
    """Oldest first."""
    ring: Ring
    gaps: tuple[str, ...]
    """Chains of which this machine knows more than the working tree holds, in words."""

    def matcher(self) -> Matcher:
        """For matching many candidates without reading again."""
        return Matcher(self.entries, self.ring)

    def missing(self, unread: Iterable[str]) -> LedgerKeyIsMissing:
        """The error that says which keys are wanted, and who has them."""
        wanted = tuple(unread)
        by = {entry.signer for entry in self.entries if entry.retirement.key in wanted}
        names = sorted(name for name in by if name is not None)
        return LedgerKeyIsMissing(wanted, had=self.ring.ids, by=names)


class RetiredLedger:
    """Records retirements, lists them, and tells whether a value is one.

    The arguments are those of `Ledger`, whose evidence tells whether the end of this one is there.
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
        shared = self._ground.shared
        self._evidence = Chains(self._ground, shared / "evidence")
        self._shared = Chains(self._ground, shared / "retired", label=LABEL, memory=_SHARED_ENDS)
        self._private = Chains(self._ground, state / "retired", label=LABEL, memory=_PRIVATE_ENDS)
        self._copies = remembered.Copies(self._shared.folder, state / "retired-seen", disk=disk)

    def ring(self) -> Ring:
        """The keys at hand."""
        ground = self._ground
        return retired_keys.load(ground.state, disk=ground.disk, environment=ground.environment)

    def ensure_key(self, *, anew: bool = False) -> str:
        """See to it that there is a key to write with; gives its id.

        Args:
            anew: make one although records under other keys, which are not at hand, are there.

        Raises:
            LedgerKeyIsMissing: there are such records.
        """
        with self._ground.mine("make the ledger key", command="secrets ledger"):
            ring = self.ring()
            if ring.keys and not anew:
                return ring.keys[0].id
            shelf = self.read()
            if shelf.entries and not anew:
                raise shelf.missing(sorted({entry.retirement.key for entry in shelf.entries}))
            key = retired_keys.make()
            retired_keys.keep(self._ground.state, key, first=True, disk=self._ground.disk)
            return key.id

    def take_key(self, text: Secret) -> tuple[str, ...]:
        """Keep the keys of somebody else's text, too; gives their ids.

        The first of them is written with from now on, so that a team comes to share one.
        """
        taken = retired_keys.parse(text, origin="what was given")
        with self._ground.mine("keep the ledger key", command="secrets ledger"):
            for key in reversed(taken):
                retired_keys.keep(self._ground.state, key, first=True, disk=self._ground.disk)
        return tuple(key.id for key in taken)

    def retirement(
        self,
        secret: Secret,
        *,
        name: str,
        kind: str,
        reason: Reason,
        refusal: Refusal,
        by: str | None = None,
    ) -> Retirement:
        """What to record of a secret; nothing is written.

        Without a key (a dry run) one is made up that nobody keeps.
        """
        key = next(iter(self.ring().keys), None) or retired_keys.make()
        return Retirement(
            name=name,
            kind=kind,
            reason=reason,
            refusal=refusal,
            by=by,
            key=key.id,
            fingerprints=_fingerprints(secret, key),
            private=strength.is_weak(secret),
        )

    def add(self, retirement: Retirement, *, command: str, journal: str | None = None) -> Anchor:
        """Record a retirement, on disk before this returns; once, however often it is called.

        Raises:
            SkcError: the ledger cannot be written, or it is broken.
        """
        chains = self._private if retirement.private else self._shared
        with self._ground.mine("record the retirement", command=command) as key:
            there = self.find(retirement)
            if there is not None:
                return there
            writer, (line,) = chains.append(
                [retirements.written(retirement)], key=key, command=command, journal=journal
            )
            if not retirement.private:
                self._copies.filled(self._shared.all())
            return Anchor(writer=writer, seq=record.read(line).seq, digest=record.digest(line))

    def find(self, retirement: Retirement) -> Anchor | None:
        """Where this very retirement stands in the working tree, if it does; asks the disk."""
        for one in (self._private if retirement.private else self._shared).all():
            for entry, digest in zip(one.records, one.digests, strict=True):
                if retirements.read(one, entry, private=retirement.private) == retirement:
                    return Anchor(writer=one.writer, seq=entry.seq, digest=digest)
        return None

    def read(self) -> Shelf:
        """All retirements, oldest first.

        Raises:
            ChainIsBroken: a chain is not as it was written, or its end is gone.
            LedgerKeyIsUnusable: the key at hand is none.
        """
        try:
            listed = self._ground.signers()
            shared, gaps = self._whole(private=False)
            private, _ = self._whole(private=True)
            remembered.check_anchors(
                shared, self._evidence.all(), self._ground.project, self._shared.folder
            )
        except OSError as error:
            raise explain(error, "read the ledger of retired secrets") from error
        entries = [
            *(entry for one in shared for entry in self._entries(one, listed, private=False)),
            *(entry for one in private for entry in self._entries(one, listed, private=True)),
        ]
        entries.sort(key=lambda entry: (entry.at, entry.writer, entry.seq))
        return Shelf(entries=tuple(entries), ring=self.ring(), gaps=gaps)

    def match(self, candidates: Iterable[Secret]) -> Matches:
        """Which of these values were retired; see `Matches.unread` before saying that none is."""
        return self.read().matcher().match(candidates)

    def check(self, secret: Secret) -> Retired | None:
        """The retirement of this value, or None: it was not retired.

        Raises:
            LedgerKeyIsMissing: there are records that nobody can read here, so None may be wrong.
        """
        shelf = self.read()
        matcher = shelf.matcher()
        found = matcher.check(secret)
        if found is None and matcher.unread:
            raise shelf.missing(matcher.unread)
        return found

    def _entries(
        self, one: Chain, listed: Mapping[str, str], *, private: bool
    ) -> Iterable[Retired]:
        for at, entry in timed(one.records):
            mine = entry.project == self._ground.project
            yield Retired(
                retirement=retirements.read(one, entry, private=private),
                at=at,
                writer=one.writer,
                seq=entry.seq,
                signer=listed.get(entry.key) if mine else None,
            )

    def _whole(self, *, private: bool) -> tuple[tuple[Chain, ...], tuple[str, ...]]:
        """The chains with what this machine remembers of them, and the gaps that this filled."""
        if private:
            chains = self._private.all()
            remembered.check_ends(chains, self._ground, self._private.folder, memory=_PRIVATE_ENDS)
            return chains, ()
        return self._copies.filled(self._shared.all())


def _fingerprints(secret: Secret, key: LedgerKey) -> tuple[str, ...]:
    return tuple(sorted({key.fingerprint(form) for form in forms(secret.reveal())}))
