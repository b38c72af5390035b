class CollectionsChanged(Precondition):
    """Collections were dropped, renamed or made anew while they were being dumped."""


class SnapshotLost(Precondition):
    """The server forgot the instant before everything was read."""


class ServerGone(Precondition):
    """The server went away while it was being dumped."""


class Readout(Struct, frozen=True, kw_only=True):
    """What one successful attempt brought."""

    entries: list[CollectionEntry]
    consistency: Consistency



#####
    def _readout(
        self, step: BackupDump, database: Database, walk: Walk, repository: Repository
    ) -> Readout:
        """Attempts, each at an instant of its own and into an emptied folder."""
        fuzzy = database.server().topology is Topology.STANDALONE
        for attempt in range(1, ATTEMPTS + 1):
            self._disk.remove_tree(repository.folder(step.id))
            self._disk.make_private(repository.folder(step.id))
            try:
                return self._attempt(step, database, walk, fuzzy=fuzzy)
            except (SnapshotTooOld, SnapshotUnavailable, ServerLost) as cause:
                if attempt == ATTEMPTS:
                    raise _given_up(cause) from cause
                fuzzy = fuzzy or (step.allow_fuzzy and not isinstance(cause, ServerLost))
                how = ", without a snapshot" if fuzzy else ""
                walk.person.note(f"{_told(cause)}; attempt {attempt + 1} of {ATTEMPTS}{how}")
                walk.clock.sleep(_SETTLE_S * attempt)
        raise AssertionError

    def _attempt(self, step: BackupDump, database: Database, walk: Walk, *, fuzzy: bool) -> Readout:
        began, started = walk.clock.now(), walk.clock.monotonic()
        listed, at, capped = self._instant(step, database, fuzzy=fuzzy)
        total = sum(one.size.size_bytes for one in listed)
        with walk.person.progress("dumping", total=total, unit="B") as ticker:
            dumper = Dumper(
                database,
                folder=Path(step.location) / step.id,
                disk=self._disk,
                recipients=recipients(step.recipients),
                level=step.level,
                advance=ticker.advance,
                stopped=walk.stopped,
            )
            try:
                entries = dumper.run(listed, at=at)
            except CollectionGone as cause:
                raise _changed(str(cause)) from cause
        _unchanged(listed, database)
        if at is None:
            return Readout(entries=entries, consistency=_fuzzy(began, walk.clock.now()))
        seconds = round(walk.clock.monotonic() - started, 1)
        entries = [
            replace(entry, fuzzy_s=seconds)
            if entry.namespace in capped and entry.content != capped[entry.namespace]
            else entry
            for entry in entries
        ]
        return Readout(entries=entries, consistency=_snapshot(at, entries))

    def _instant(
        self, step: BackupDump, database: Database, *, fuzzy: bool
    ) -> tuple[list[Listed], ClusterTime | None, dict[str, str]]:
        """A listing that was the same before and after the instant, and the capped digests before.

        No server reads a capped collection at a cluster time. One that is the same before the
        instant and when it is dumped was the same at the instant, too: what its oldest documents
        make room for never comes back.
        """
        listed = list_wanted(database, step.wanted)
        if fuzzy:
            return listed, None, {}
        for _ in range(_LISTINGS):
            capped = {
                one.namespace: content_of(
                    database, one.database, one.collection.name, one.collection.kind
                ).digest
                for one in listed
                if one.capped
            }
            at = database.cluster_time()
            again = list_wanted(database, step.wanted)
            if identity(again) == identity(listed):
                return listed, at, capped
            listed = again
        raise _changed("they kept changing while they were being listed")


def _unchanged(listed: Sequence[Listed], database: Database) -> None:
    """A collection dropped after the instant reads as empty, without an error of its own."""
    now: dict[str, str | None] = {}
    for name in {one.database for one in listed}:
        for collection in database.collections(name):
            now[f"{name}.{collection.name}"] = collection.uuid
    for one in listed:
        if one.namespace not in now:
            raise _changed(f"{one.namespace} was dropped or renamed")
        if now[one.namespace] != one.collection.uuid:
            raise _changed(f"{one.namespace} was made anew under the same name")


def _snapshot(at: ClusterTime, entries: Sequence[CollectionEntry]) -> Consistency:
    statement = f"every document as it was at {at.at:%Y-%m-%dT%H:%M:%SZ}, one cluster time"
    moved = [entry for entry in entries if entry.fuzzy_s is not None]
    if moved:
        by = max(entry.fuzzy_s or 0.0 for entry in moved)
        names = shown([entry.namespace for entry in moved])
        statement += f"; but {names}, capped, changed while being read: fuzzy by {by:g} s"
    return Consistency(
        kind=ConsistencyKind.SNAPSHOT,
        cluster_time=at,
        at=at.at,
        exceptions=tuple(entry.namespace for entry in moved),
        statement=statement,
    )


def _fuzzy(began: datetime, ended: datetime) -> Consistency:
    seconds = round((ended - began).total_seconds(), 1)
    return Consistency(
        kind=ConsistencyKind.FUZZY,
        at=began,
        fuzzy_s=seconds,
        statement=f"fuzzy by {seconds:g} s: documents were read one after the other, "
        "writes in between are in some collections and not in others",
    )



####
def _told(cause: Exception) -> str:
    match cause:
        case SnapshotTooOld():
            return "the server no longer holds that instant"
        case SnapshotUnavailable():
            return "the catalogue changed at that instant"
        case _:
            return "the connection was lost"


def _changed(why: str) -> CollectionsChanged:
    return CollectionsChanged(
        "the collections changed while they were being dumped",
        why=why,
        fix="skc backup   # again, when no migration is running",
    )


def _given_up(cause: DatabaseError) -> Precondition:
    match cause:
        case ServerLost():
            return ServerGone(
                "the server went away during the dump",
                why=f"{cause.what}: {cause.why}; so it was in {ATTEMPTS} attempts",
                fix="skc doctor   # then skc backup again",
            )
        case SnapshotUnavailable():
            return SnapshotLost(
                "collections or indexes changed around every instant that was tried",
                why=f"{cause.why}; so it was in {ATTEMPTS} attempts",
                fix="skc backup   # again, when no migration or index build is running",
            )
        case _:
            return SnapshotLost(
                "the snapshot was lost before everything was read",
                why=f"the server keeps too little history for this dump, in {ATTEMPTS} attempts",
                fix="raise minSnapshotHistoryWindowInSeconds, or skc backup --allow-fuzzy",
            )


