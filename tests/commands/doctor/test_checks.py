"""Each check on made-up facts: one bad case, one good one; and the register of all."""

import pkgutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from skillconnect_ops.commands.doctor import checks
from skillconnect_ops.commands.doctor.checks import CHECKS
from skillconnect_ops.commands.doctor.model import (
    Connection,
    EnvFile,
    Facts,
    LedgerFacts,
    Mark,
    NoConnection,
    Place,
    TargetFacts,
)
from skillconnect_ops.commands.house import AdminWay
from skillconnect_ops.commands.retired import InFiles, InUse
from skillconnect_ops.core.outcome import Fact, Known, Missing
from skillconnect_ops.core.plan import Subject
from skillconnect_ops.core.ports.atlas import Access, AccessFact
from skillconnect_ops.core.ports.database import (
    Collection,
    CollectionKind,
    Privilege,
    Server,
    Topology,
)
from skillconnect_ops.core.ports.evidence import Signer
from skillconnect_ops.core.ports.git import RepositoryState
from skillconnect_ops.core.report import ErrorFacts
from skillconnect_ops.core.settings.model import (
    BackupSettings,
    DatabaseSettings,
    Project,
    ProjectSettings,
    Settings,
    TargetSettings,
)
from skillconnect_ops.evidence.matching import Reason, Refusal, Retired, Retirement
from skillconnect_ops.journal.model import JournalState, Standing

ROOT = Path("/srv/shop")
ALL = Privilege(database="", collection="", cluster=False, any_resource=True, actions=frozenset())
EVERYTHING = replace(
    ALL,
    actions=frozenset(
        {
            *("find", "listCollections", "listIndexes", "collStats", "insert", "createCollection"),
            *("createIndex", "dropCollection", "renameCollectionSameDB"),
        }
    ),
)
SERVER = Server(
    version="6.0.5",
    topology=Topology.REPLICA_SET,
    set_name="rs0",
    hosts=("h:27017",),
    tls=True,
    user="app@admin",
)
SERIES = Collection(name="ts", kind=CollectionKind.TIMESERIES, options=b"", uuid=None)
CONNECTION = Connection(
    server=SERVER,
    cluster="h.example:27017",
    origin="MONGO_URI in .env",
    database=Known("shop"),
    privileges=Known((EVERYTHING,)),
    collections=Known((SERIES,)),
    size_bytes=Known(10_000),
    window_s=Known(300.0),
)
ENV_FILE = EnvFile(
    path=".env", mode=Known(0o600), tracked=Known(value=False), ignored=Known(value=True)
)
PLACE = Place(
    path=Path("/home/me/backups"),
    there=False,
    nearest=Path("/home/me"),
    writable=True,
    free_bytes=Known(10**9),
    repository=Known(None),
)
WAY = AdminWay(
    variable="SKC_MONGO_ADMIN_URI",
    cluster="h.example:27017",
    own="h.example:27017",
    own_origin="MONGO_URI in .env",
    same=True,
)
NO: Fact[bool] = Known(value=False)
REACHED = tuple(AccessFact(about=one, holds=Known(value=True), said="it does") for one in Access)
TARGET = TargetFacts(
    name="production",
    settings=TargetSettings(
        env_files=(".env",),
        database=DatabaseSettings(uri="env:MONGO_URI"),
        backups=BackupSettings(location="~/backups", recipients=("age1x",)),
    ),
    env_files=(ENV_FILE,),
    uri=Known("MONGO_URI in .env"),
    connection=Known(CONNECTION),
    admin=Known(WAY),
    place=Known(PLACE),
    recipients=(("age1x", None),),
    atlas=Known(REACHED),
)
FACTS = Facts(
    folder=ROOT,
    project=Known(
        Project(
            root=ROOT,
            file=ROOT / "skc.yaml",
            settings=Settings(version=1, project=ProjectSettings(id="a", name="shop")),
            state=Path("/state"),
        )
    ),
    git_version=Known("2.39.5"),
    repository=Known(RepositoryState(root=ROOT, branch="main", dirty=False, shallow=False)),
    uncommitted=Known(()),
    unfinished=Known(()),
    ledger=Known(LedgerFacts(count=3, proven=3)),
    signer=Known(Signer(key="ed25519:AAAA", name="me")),
    user="me",
    tools={"age": "/usr/bin/age", "mongosh": None},
    targets=(TARGET,),
)
RUN = JournalState(
    id="2026-11-22T15-44-03Z-restore-3f1a",
    folder=Path("/state/journal/a"),
    standing=Standing.INTERRUPTED,
    command="restore",
    subject=Subject(target="production", database="shop"),
    resources=(),
    owner=None,
    begun_at=None,
    ended_at=None,
    steps=(),
    error=None,
    then=None,
)
ERROR = ErrorFacts(what="it broke", why="somebody sat on it", fix="skc mend")
RETIRED = Retired(
    retirement=Retirement(
        name="MONGO_URI",
        kind="mongodb URI",
        reason=Reason.LEAKED,
        refusal=Refusal.UNPROVEN,
        by=None,
        key="a",
        fingerprints=(),
        private=False,
    ),
    at=datetime(2026, 11, 22, tzinfo=UTC),
    writer="w",
    seq=1,
    signer=None,
)
NOT_LOOKED = Missing("nobody looked")


def facts(**change: Any) -> Facts:
    return replace(FACTS, **change)


def target(**change: Any) -> Facts:
    return facts(targets=(replace(TARGET, **change),))


def server(**change: Any) -> Facts:
    own = {
        name: change.pop(name) for name in ("version", "topology", "tls", "user") if name in change
    }
    return target(connection=Known(replace(CONNECTION, server=replace(SERVER, **own), **change)))


def no_connection(check: str = "server-unreachable") -> NoConnection:
    return NoConnection("it broke", "somebody sat on it", "skc mend", check)


def env_file(**change: Any) -> Facts:
    return target(env_files=(replace(ENV_FILE, **change),))


def place(**change: Any) -> Facts:
    return target(place=Known(replace(PLACE, **change)))


def atlas(about: Access, holds: Fact[bool]) -> Facts:
    others = tuple(one for one in REACHED if one.about is not about)
    fact = AccessFact(about=about, holds=holds, said="it does not", fix="mend the key")
    return target(atlas=Known((*others, fact)))


BAD: dict[str, tuple[Facts, ...]] = {
    "secret-retired": (
        target(retired=InFiles(found=(InUse(path=".env", key="MONGO_URI", retired=RETIRED),))),
    ),
    "settings-missing": (facts(project=Missing("none"), targets=()),),
    "settings-invalid": (facts(project=ERROR, targets=()),),
    "git-missing": (facts(git_version=Missing("git is not installed")),),
    "no-repository": (facts(repository=Known(None)),),
    "shallow-clone": (
        facts(repository=Known(RepositoryState(root=ROOT, branch=None, dirty=True, shallow=True))),
    ),
    "env-file-missing": (target(env_files=(replace(ENV_FILE, mode=Known(None)),), uri=ERROR),),
    "env-readable-by-others": tuple(env_file(mode=Known(mode)) for mode in (0o644, 0o602, 0o601)),
    "env-line-unread": (env_file(stops=Known(("bash (source) stops at line 3",))),),
    "env-tracked": (env_file(tracked=Known(value=True)),),
    "env-not-ignored": (env_file(ignored=Known(value=False)),),
    "uri-missing": (target(uri=ERROR, connection=NOT_LOOKED),),
    "admin-elsewhere": (target(admin=Known(replace(WAY, cluster="other:1", same=False))),),
    "server-unreachable": (target(connection=ERROR), target(connection=no_connection())),
    "password-refused": (target(connection=no_connection("password-refused")),),
    "uri-malformed": (target(connection=no_connection("uri-malformed")),),
    "not-committed": (facts(uncommitted=Known(("skc.yaml",))),),
    "run-unfinished": tuple(
        facts(unfinished=Known((replace(RUN, standing=standing),)))
        for standing in (Standing.INTERRUPTED, Standing.FORWARD_ONLY, Standing.BROKEN)
    ),
    "ledger-damaged": (facts(ledger=ERROR),),
    "signer-not-listed": (facts(signer=Known(Signer(key="ed25519:AAAA", name=None))),),
    "connection-unencrypted": (
        server(tls=False),
        server(tls=False, cluster="localhost:1,127.0.0.1.example:2"),
    ),
    "access-open": (server(user=None), server(user=None, collections=NOT_LOOKED)),
    "database-empty": (server(collections=Known(())), server(database=NOT_LOOKED)),
    "no-snapshot": (
        server(topology=Topology.STANDALONE),
        server(topology=Topology.SHARDED),
        server(window_s=Known(5.0)),
    ),
    "may-not-back-up": (
        server(privileges=Known(())),
        server(privileges=Known((replace(EVERYTHING, any_resource=False),))),
    ),
    "may-not-restore": (server(privileges=Known((replace(ALL, actions=frozenset({"find"})),))),),
    "backups-not-writable": (place(writable=False), target(place=ERROR)),
    "backups-in-repository": (
        place(path=ROOT / "backups"),
        place(repository=Known(Path("/home/me"))),
    ),
    "backups-no-space": (place(free_bytes=Known(10_000)),),
    "backups-in-clear": (target(recipients=()),),
    "atlas-not-set-up": (target(atlas=None, on_atlas=Known(value=True)),),
    "atlas-key-refused": (atlas(Access.KEY, NO),),
    "atlas-address-refused": (atlas(Access.ADDRESS, NO),),
    "atlas-project-unknown": (atlas(Access.PROJECT, NO),),
    "atlas-role-lacking": (atlas(Access.ROLE, NO),),
    "atlas-clusters-hidden": (atlas(Access.CLUSTERS, NO),),
    "recipient-invalid": (target(recipients=(("age1x", None), ("age1y", "it is none"))),),
}
NEVER_FAILS = {"tool-missing"}
BY_ID = {check.id: check for check in CHECKS}


def test_every_check_is_registered_once_under_its_own_name() -> None:
    files = [module.name for module in pkgutil.iter_modules(checks.__path__)]
    assert sorted(check.id.replace("-", "_") for check in CHECKS) == sorted(files)


def test_every_check_has_a_bad_case_here() -> None:
    assert set(BAD) | NEVER_FAILS == set(BY_ID)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_a_page_says_what_and_why(check: Any) -> None:
    module = __import__(f"{checks.__name__}.{check.id.replace('-', '_')}", fromlist=["CHECK"])
    assert "\n\n" in (module.__doc__ or "").strip()
    assert check.title


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_it_passes_where_all_is_well(check: Any) -> None:
    marks = {verdict.mark for verdict in check.run(FACTS)}
    assert marks <= {Mark.PASS, Mark.NOT_APPLICABLE}
    assert marks


@pytest.mark.parametrize("name", BAD)
def test_it_fails_with_a_remedy_where_it_should(name: str) -> None:
    for case in BAD[name]:
        (verdict,) = BY_ID[name].run(case)
        assert verdict.mark is Mark.FAIL, verdict
        assert verdict.remedy
        assert verdict.says


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (
            target(connection=NOT_LOOKED),
            {
                *("server-unreachable", "connection-unencrypted", "access-open", "database-empty"),
                *("password-refused", "uri-malformed"),
                *("no-snapshot", "may-not-back-up", "may-not-restore", "backups-no-space"),
            },
        ),
        (
            target(atlas=NOT_LOOKED),
            {
                *("atlas-key-refused", "atlas-address-refused", "atlas-project-unknown"),
                *("atlas-role-lacking", "atlas-clusters-hidden"),
            },
        ),
        (atlas(Access.ROLE, NOT_LOOKED), {"atlas-role-lacking"}),
        (target(atlas=None, on_atlas=NOT_LOOKED), {"atlas-not-set-up"}),
        (facts(repository=NOT_LOOKED), {"no-repository", "shallow-clone"}),
        (facts(uncommitted=NOT_LOOKED), {"not-committed"}),
        (facts(unfinished=NOT_LOOKED), {"run-unfinished"}),
        (facts(signer=NOT_LOOKED), {"signer-not-listed"}),
        (
            env_file(mode=NOT_LOOKED),
            {
                *("env-file-missing", "env-readable-by-others", "env-tracked", "env-not-ignored"),
                "env-line-unread",
            },
        ),
        (env_file(stops=NOT_LOOKED), {"env-line-unread"}),
        (env_file(tracked=NOT_LOOKED, ignored=NOT_LOOKED), {"env-tracked", "env-not-ignored"}),
        (server(privileges=NOT_LOOKED), {"may-not-back-up", "may-not-restore"}),
        (
            server(collections=NOT_LOOKED),
            {"database-empty", "may-not-back-up", "may-not-restore"},
        ),
        (server(size_bytes=NOT_LOOKED), {"backups-no-space"}),
        (
            place(free_bytes=NOT_LOOKED, repository=NOT_LOOKED),
            {"backups-in-repository", "backups-no-space"},
        ),
    ],
)
def test_what_was_not_looked_at_is_never_fine(case: Facts, expected: set[str]) -> None:
    unknown = {
        check.id for check in CHECKS for verdict in check.run(case) if verdict.mark is Mark.UNKNOWN
    }
    assert unknown == expected


def test_an_env_file_that_is_not_needed_is_not_missed() -> None:
    (verdict,) = BY_ID["env-file-missing"].run(env_file(mode=Known(None)))
    assert verdict.mark is Mark.NOT_APPLICABLE


def test_a_target_without_a_database_asks_nothing_of_a_server() -> None:
    case = target(
        settings=TargetSettings(),
        atlas=None,
        uri=NOT_LOOKED,
        connection=NOT_LOOKED,
        place=NOT_LOOKED,
        recipients=(),
    )
    for check in CHECKS:
        assert all(v.mark in {Mark.PASS, Mark.NOT_APPLICABLE} for v in check.run(case)), check.id


def test_a_compose_host_that_is_reached_here_needs_no_tls() -> None:
    settings = replace(
        TARGET.settings,
        database=DatabaseSettings(uri="env:U", connect_map={"mongo:27017": "127.0.0.1:27018"}),
    )
    connection = replace(CONNECTION, server=replace(SERVER, tls=False), cluster="mongo:27017")
    case = target(settings=settings, connection=Known(connection))
    (verdict,) = BY_ID["connection-unencrypted"].run(case)
    assert verdict.mark is Mark.NOT_APPLICABLE


def test_on_atlas_no_role_script_is_shown() -> None:
    (verdict,) = BY_ID["may-not-back-up"].run(
        server(privileges=Known(()), cluster="c0.abc.mongodb.net")
    )
    assert "Atlas" in verdict.remedy
    assert "grantRolesToUser" not in verdict.remedy


def test_without_access_control_rights_are_not_missed() -> None:
    (verdict,) = BY_ID["may-not-restore"].run(server(user=None, privileges=Known(())))
    assert verdict.mark is Mark.PASS


@pytest.mark.parametrize("make", [lambda: FACTS, lambda: facts(targets=())])
def test_no_verdict_is_longer_than_a_line(make: Callable[[], Facts]) -> None:
    for check in CHECKS:
        assert all("\n" not in verdict.says for verdict in check.run(make()))
