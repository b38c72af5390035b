"""The only place that builds adapters, each when it is first asked for."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, nullcontext
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

from skillconnect_ops.core.errors import Precondition, Refused, Stop
from skillconnect_ops.core.exits import Exit, Status
from skillconnect_ops.core.plan import Clock, Person, Plan
from skillconnect_ops.core.ports.environment import Environment
from skillconnect_ops.core.report import Report
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.settings.model import DatabaseSettings, Project, Target

if TYPE_CHECKING:
    from skillconnect_ops.adapters.project import Variable
    from skillconnect_ops.commands.house import AdminWay, House
    from skillconnect_ops.core.ports.accounts import Accounts, Logins
    from skillconnect_ops.core.ports.acl import AclServers
    from skillconnect_ops.core.ports.atlas import AtlasProject
    from skillconnect_ops.core.ports.crew import Crew
    from skillconnect_ops.core.ports.database import Database
    from skillconnect_ops.core.ports.embedded import Embedded
    from skillconnect_ops.core.ports.evidence import WholeLedger
    from skillconnect_ops.core.ports.folders import Folders
    from skillconnect_ops.core.ports.git import Git
    from skillconnect_ops.core.ports.health import HealthAnswers
    from skillconnect_ops.core.ports.indexes import Indexes
    from skillconnect_ops.core.ports.mail import MailLogins
    from skillconnect_ops.core.ports.objects import Repositories
    from skillconnect_ops.core.ports.processes import Processes
    from skillconnect_ops.core.ports.requests import Requests
    from skillconnect_ops.core.ports.services import Services
    from skillconnect_ops.disk.files import Disk
    from skillconnect_ops.evidence.retired import RetiredLedger
    from skillconnect_ops.journal.handover import Handover
    from skillconnect_ops.journal.hooks import Hooks
    from skillconnect_ops.journal.kinds import Kind, KindOf
    from skillconnect_ops.journal.office import Office
    from skillconnect_ops.journal.signals import Signals

_OPENS_HANDOVER = "SKC_HANDOVER_PASSPHRASE"


class Ran(NamedTuple):
    """A command that another one ran."""

    report: Report
    signalled: Exit | None
    """What a signal asked for while it walked its plan."""


RunCommand = Callable[[tuple[str, ...], Environment, Plan | None], Ran]
"""The words, the environment, and the saved plan that is applied, if one is."""
ATLAS_HERE = "SKC_ATLAS_URL"
"""A server on this machine that stands for Atlas; the key is shown to no other place."""


class DatabaseNotNamed(Precondition):
    """Neither the URI nor `skc.yaml` says which database of the server is meant."""

    def __init__(self, target: str, *, origin: str) -> None:
        super().__init__(
            f'the database of target "{target}" has no name',
            why=f"{origin} ends without one",
            fix=f"add `name: …` below targets.{target}.database in skc.yaml",
        )


class PassphrasesDiffer(Precondition):
    """A passphrase that was mistyped would open nothing later."""

    def __init__(self) -> None:
        super().__init__(
            "the two passphrases are not the same",
            why="with a mistyped one no other machine could take a run over",
            fix=f"type it again, or export {_OPENS_HANDOVER}",
        )


class FrontDoor(Struct, frozen=True):
    """Implements `core.ports.commands.Commands`."""

    run_command: RunCommand
    environment: Environment
    expected: Plan | None = None

    def run(self, *argv: str) -> Report:
        """Run one command; its errors come back in the report.

        Raises:
            Stop: a signal ended it. Whoever ran it is to end as well, not to go on.
        """
        ran = self.run_command(argv, self.environment, self.expected)
        report = _not_interrupted(ran.report)
        # It was too late for that command to stop, and is in time for the one that ran it.
        if ran.signalled is not None and report.error is None:
            raise Stop(ran.signalled)
        return report

    def finish(self, *argv: str) -> Report:
        """Run the command that all ends with; what it could do to its end is done.

        Raises:
            Stop: a signal ended it.
        """
        return _not_interrupted(self.run_command(argv, self.environment, self.expected).report)

    def applying(self, plan: Plan) -> "FrontDoor":
        """The front door for a plan that was saved."""
        return FrontDoor(self.run_command, self.environment, plan)

    def elsewhere(self, folder: Path, variables: Mapping[str, str]) -> "FrontDoor":
        """The front door as if typed in another folder, with some variables set besides."""
        from skillconnect_ops.adapters.system import MovedEnvironment

        moved = MovedEnvironment(self.environment, folder=folder, variables=variables)
        return FrontDoor(self.run_command, moved, self.expected)


def _not_interrupted(report: Report) -> Report:
    if report.status is Status.INTERRUPTED:
        stop = Stop(report.exit)
        stop.journal = report.journal
        raise stop
    return report


class Connection(Struct, frozen=True, kw_only=True):
    """Implements `commands.house.Connected`."""

    database: "Database"
    cluster: str
    origin: str
    target: str
    database_name: str | None

    @property
    def indexes(self) -> "Indexes":
        """The indexes of the deployment.

        Raises:
            TypeError: the connection is none of ours (a bug).
        """
        from skillconnect_ops.adapters.mongo import MongoDatabase

        if not isinstance(self.database, MongoDatabase):
            raise TypeError(f"a {type(self.database).__name__} has no indexes")
        return self.database.indexes()

    @property
    def name(self) -> str:
        """The database that is meant.

        Raises:
            DatabaseNotNamed: nothing names it.
        """
        if self.database_name is None:
            raise DatabaseNotNamed(self.target, origin=self.origin)
        return self.database_name


class Wiring:
    """Implements `commands.house.House`.

    Args:
        environment: of the process.
        clock: the real one.
        person: the one at the terminal.
        run: the front door, for commands that run commands.
        expected: the saved plan that is applied, if one is.
    """

    def __init__(
        self,
        *,
        environment: Environment,
        clock: Clock,
        person: Person,
        run: RunCommand,
        expected: Plan | None = None,
    ) -> None:
        self.environment = environment
        self.clock = clock
        self.person = person
        self.commands = FrontDoor(run, environment)
        self._expected = expected
        self._held: dict[tuple[str, bool], Connection] = {}
        self._admin_uris: dict[str, Secret] = {}
        self._accounts: dict[str, Accounts] = {}
        self._projects: dict[str, AtlasProject] = {}

    @cached_property
    def disk(self) -> "Disk":
        """Durable files."""
        from skillconnect_ops.disk.files import Disk

        return Disk()

    @cached_property
    def git(self) -> "Git":
        """Repositories."""
        from skillconnect_ops.adapters.git import GitProgram

        return GitProgram(self.environment)

    @cached_property
    def repositories(self) -> "Repositories":
        """Repositories as stores of objects."""
        from skillconnect_ops.adapters.objects import GitRepositories

        return GitRepositories(self.environment)

    @cached_property
    def folders(self) -> "Folders":
        """Folders on this disk."""
        from skillconnect_ops.adapters.folders import DiskFolders

        return DiskFolders()

    @cached_property
    def crew(self) -> "Crew":
        """Child processes for much of the same work."""
        from skillconnect_ops.adapters.crew import ChildProcesses

        return ChildProcesses()

    @cached_property
    def embedded(self) -> "Embedded":
        """Servers that we start ourselves."""
        from skillconnect_ops.adapters.embedded import EmbeddedServers

        return EmbeddedServers()

    @cached_property
    def processes(self) -> "Processes":
        """Plain programs as children."""
        from skillconnect_ops.adapters.processes import Children

        return Children(self.environment)

    @cached_property
    def services(self) -> "Services":
        """Programs that run until they are told to end."""
        from skillconnect_ops.adapters.services import KeptServices

        return KeptServices()

    @cached_property
    def acl(self) -> "AclServers":
        """Key-value servers and their users."""
        from skillconnect_ops.adapters.redis import RedisServers

        return RedisServers()

    @cached_property
    def mail(self) -> "MailLogins":
        """Logins at mail servers."""
        from skillconnect_ops.adapters.smtp import SmtpLogins

        return SmtpLogins()

    @cached_property
    def health(self) -> "HealthAnswers":
        """What running programs say of themselves."""
        from skillconnect_ops.adapters.health import HttpHealthAnswers

        return HttpHealthAnswers()

    @cached_property
    def requests(self) -> "Requests":
        """Single requests to running programs."""
        from skillconnect_ops.adapters.requests import HttpRequests

        return HttpRequests()

    @cached_property
    def signals(self) -> "Signals":
        """The signals that come while a plan is walked."""
        from skillconnect_ops.journal.signals import Signals

        return Signals()

    def project(self) -> Project:
        """The project that the working folder lies in; read anew each time."""
        from skillconnect_ops.adapters.project import find_project

        return find_project(self.environment)

    def target(self, name: str | None) -> Target:
        """The named target, or the only one."""
        from skillconnect_ops.adapters.project import find_target

        return find_target(self.project(), name, self.environment)

    def office(self, *, state: Path | None = None) -> "Office":
        """Where plans are carried out; below `state` where there is no project yet."""
        from skillconnect_ops.journal.office import Office

        return Office(
            folder=self.project().state if state is None else state,
            disk=self.disk,
            clock=self.clock,
            kinds=_kinds(self),
            ledger=self.ledger if state is None else None,
            signals=self.signals,
            expected=self._expected,
            handover=self._handover() if state is None else None,
        )

    def _handover(self) -> "Handover | None":
        """Where another machine finds what it needs to go on with a run of this one."""
        from skillconnect_ops.adapters.project import expanded
        from skillconnect_ops.journal.handover import Handover

        project = self.project()
        settings = project.settings
        if settings.handover is None:
            return None
        backups = (target.backups for target in settings.targets.values())
        recipients = (one for each in backups if each is not None for one in each.recipients)

        def passphrase(person: Person) -> Secret:
            given = self.environment.get(_OPENS_HANDOVER)
            if given:
                return Secret(given)
            try:
                typed = person.ask_secret("passphrase for the handover")
            except Refused as error:
                error.fix = f"export {_OPENS_HANDOVER}, or name recipients below backups"
                raise
            if person.ask_secret("the same once more").reveal() != typed.reveal():
                raise PassphrasesDiffer
            return typed

        return Handover(
            location=expanded(settings.handover, project.root, self.environment),
            root=project.root,
            project=settings.project.id,
            recipients=tuple(dict.fromkeys(recipients)),
            passphrase=passphrase,
        )

    def hooks(self) -> "Hooks":
        """Which commands out of `skc.yaml` this machine may run."""
        from skillconnect_ops.journal.hooks import Hooks

        return Hooks(self.project().state, disk=self.disk)

    def ledger(self) -> "WholeLedger":
        """The evidence ledger of the project."""
        from skillconnect_ops.evidence.ledger import Ledger

        project = self.project()
        return Ledger(
            root=project.root,
            state=project.state,
            project=project.settings.project.id,
            disk=self.disk,
            clock=self.clock,
            environment=self.environment,
        )

    def retired(self) -> "RetiredLedger":
        """The ledger of the project's retired secrets."""
        from skillconnect_ops.evidence.retired import RetiredLedger

        project = self.project()
        return RetiredLedger(
            root=project.root,
            state=project.state,
            project=project.settings.project.id,
            disk=self.disk,
            clock=self.clock,
            environment=self.environment,
        )

    @contextmanager
    def database(self, target: Target, *, admin: bool = True) -> Iterator[Connection]:
        """The target's database, connected; the same one while it is open already."""
        from skillconnect_ops.adapters.mongo import parse

        held = self._held.get((target.name, admin))
        if held is not None:
            yield held
            return
        found = self._uri(target, admin=admin)
        with ExitStack() as opened:
            with _telling(found.origin):
                uri = parse(found.value)
                if admin:
                    self._warn_of_detour(target)
                database = opened.enter_context(
                    self.connect(found.value, settings=target.settings.database)
                )
            self._held[target.name, admin] = connection = Connection(
                database=database,
                cluster=uri.where,
                origin=found.origin,
                target=target.name,
                database_name=self._database_name(target) or uri.database,
            )
            try:
                yield connection
            finally:
                del self._held[target.name, admin]

    @contextmanager
    def accounts(
        self, target: Target, *, admin: bool = True, uri: Secret | None = None
    ) -> Iterator["Accounts"]:
        """The users of the target's deployment, managed as its admin user or over Atlas."""
        from skillconnect_ops.adapters.mongo import connect_accounts

        if admin and uri is None and target.settings.database and target.settings.database.atlas:
            with self.atlas(target) as project:
                yield project
            return
        held = self._accounts.get(target.name) if admin and uri is None else None
        if held is not None:
            yield held
            return
        settings = target.settings.database
        telling: AbstractContextManager[None] = nullcontext()
        own = uri is None and admin
        if uri is None:
            found = self._uri(target, admin=admin)
            uri, telling = found.value, _telling(found.origin)
        with telling:
            if admin:
                self._warn_of_detour(target)
            managed = connect_accounts(uri, connect_map=settings.connect_map if settings else None)
        with closing(managed):
            if own:
                self._accounts[target.name] = managed
            try:
                yield managed
            finally:
                if own:
                    del self._accounts[target.name]

    @contextmanager
    def atlas(self, target: Target) -> Iterator["AtlasProject"]:
        """The Atlas project that the target names; the same one while it is open already."""
        from skillconnect_ops.adapters.atlas import ATLAS, AtlasAccounts
        from skillconnect_ops.core.settings.errors import NoAtlasProject, VariableNotSet

        held = self._projects.get(target.name)
        if held is not None:
            yield held
            return
        settings = target.settings.database.atlas if target.settings.database else None
        if settings is None:
            raise NoAtlasProject(target.name)
        name = settings.credentials
        key = self.environment.get(name)
        if not key:
            form = "CLIENT_ID:CLIENT_SECRET   # of a service account, or PUBLIC:PRIVATE of a key"
            raise VariableNotSet(name, looked=("the environment",), fix=f"export {name}={form}")
        with AtlasAccounts(
            settings.group_id,
            Secret(key),
            clock=self.clock,
            origin=f"{name} in the environment",
            base_url=self.environment.get(ATLAS_HERE) or ATLAS,
        ) as project:
            self._projects[target.name] = project
            try:
                yield project
            finally:
                del self._projects[target.name]

    def logins(self, target: Target) -> "Logins":
        """Tries connection strings of the target's deployment."""
        from skillconnect_ops.adapters.mongo import ServerLogins

        settings = target.settings.database
        return ServerLogins(settings.connect_map if settings else None)

    def _warn_of_detour(self, target: Target) -> None:
        """Say where the admin user's URI leads, if not where the app's own does."""
        try:
            way = self.admin_way(target)
        except Precondition:  # the app's own URI cannot be read; this command does without it
            return
        if way is not None and way.same is False:
            self.person.note(
                f"warning: {way.says()}; target {target.name} is taken to be at {way.cluster}"
            )

    def admin_uri(self, target: Target) -> Secret | None:
        """The administrator's URI: that which was taken, else its variable's."""
        database = target.settings.database
        told = self.environment.get(database.admin_uri) if database is not None else None
        return self._admin_uris.get(target.name) or (Secret(told) if told else None)

    def take_admin_uri(self, target: Target, uri: Secret) -> None:
        """Use this one for the target from now on."""
        self._admin_uris[target.name] = uri

    def _uri(self, target: Target, *, admin: bool) -> "Variable":
        """The URI of the target's database, as `adapters.project.database_uri` says."""
        from skillconnect_ops.adapters.project import Variable, database_uri

        taken = self._admin_uris.get(target.name) if admin else None
        if taken is not None:
            what = "the administrator's URI"
            return Variable(name=what, value=taken, origin=f"{what} that was given")
        return database_uri(self.project(), target, self.environment, admin=admin)

    def admin_way(self, target: Target) -> "AdminWay | None":
        """Where the admin user's URI leads, beside the app's own."""
        from skillconnect_ops.adapters.mongo import parse, same_place
        from skillconnect_ops.commands.house import AdminWay

        settings = target.settings.database
        if settings is None or self.admin_uri(target) is None:
            return None
        found, own = self._uri(target, admin=True), self._uri(target, admin=False)
        with _telling(found.origin):
            uri = parse(found.value)
        with _telling(own.origin):
            own_uri = parse(own.value)
        return AdminWay(
            variable=found.name,
            cluster=uri.where,
            own=own_uri.where,
            own_origin=own.origin,
            same=same_place(uri, own_uri, settings.connect_map),
        )

    def clusters(self, target: Target) -> tuple[str, ...]:
        """What the target's deployment is called, without asking it."""
        from skillconnect_ops.adapters.mongo import parse

        own = self._uri(target, admin=False)
        with _telling(own.origin):
            where = parse(own.value).where
        way = self.admin_way(target)
        return tuple(dict.fromkeys((where, way.cluster) if way and way.same else (where,)))

    def _database_name(self, target: Target) -> str | None:
        """The database that the settings or the app's own URI name.

        The admin user's URI often ends in `admin`, which is where that user lives.
        """
        from skillconnect_ops.adapters.mongo import parse
        from skillconnect_ops.adapters.project import database_uri
        from skillconnect_ops.core.settings.errors import VariableNotSet

        if target.settings.database and target.settings.database.name:
            return target.settings.database.name
        try:
            own = database_uri(self.project(), target, self.environment, admin=False)
        except VariableNotSet:
            return None
        return parse(own.value).database

    @contextmanager
    def connect(
        self, uri: Secret, *, settings: DatabaseSettings | None = None
    ) -> Iterator["Database"]:
        """Any server, connected."""
        from skillconnect_ops.adapters.mongo import connect

        with connect(uri, connect_map=settings.connect_map if settings else None) as database:
            yield database

    def env_values(self, target: Target) -> dict[str, Secret]:
        """The variables of the target's env files."""
        from skillconnect_ops.adapters.project import env_values

        return env_values(self.project(), target)

    def backups(self, target: Target) -> Path:
        """The folder of the target's backups."""
        from skillconnect_ops.adapters.project import backups_folder

        return backups_folder(self.project(), target, self.environment)


@contextmanager
def _telling(origin: str) -> Iterator[None]:
    """Say of an error on the way to a server which variable led there."""
    try:
        yield
    except Precondition as error:
        error.why = f"{error.why}; the URI is that of {origin}"
        raise


def _kinds(house: "House") -> tuple["Kind", ...]:
    """The step types of all domains, by hand; a test holds that none is missing."""
    from skillconnect_ops.commands.audit import steps as audit
    from skillconnect_ops.commands.backup import steps as backup
    from skillconnect_ops.commands.checklist import steps as checklist
    from skillconnect_ops.commands.env import steps as env
    from skillconnect_ops.commands.indexes import steps as indexes
    from skillconnect_ops.commands.init import steps as init
    from skillconnect_ops.commands.respond import steps as respond
    from skillconnect_ops.commands.rotate import steps as rotate
    from skillconnect_ops.commands.scrub import steps as scrub
    from skillconnect_ops.commands.secrets import steps as secrets

    of_domains: tuple[tuple[KindOf[House], ...], ...] = (
        audit.KINDS,
        backup.KINDS,
        checklist.KINDS,
        env.KINDS,
        indexes.KINDS,
        init.KINDS,
        respond.KINDS,
        rotate.KINDS,
        scrub.KINDS,
        secrets.KINDS,
    )
    return tuple(kind.bind(house) for kinds in of_domains for kind in kinds)
