"""The house as commands see it: every port, built lazily by `wiring`."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from skillconnect_ops.core.plan import Clock, Person
from skillconnect_ops.core.ports.accounts import Accounts, Logins
from skillconnect_ops.core.ports.acl import AclServers
from skillconnect_ops.core.ports.atlas import AtlasProject
from skillconnect_ops.core.ports.commands import Commands
from skillconnect_ops.core.ports.crew import Crew
from skillconnect_ops.core.ports.database import Database
from skillconnect_ops.core.ports.embedded import Embedded
from skillconnect_ops.core.ports.environment import Environment
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
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.settings.model import DatabaseSettings, Project, Target
from skillconnect_ops.disk.files import Disk

if TYPE_CHECKING:  # a hook that only looks has no use for keys, chains and journals
    from skillconnect_ops.evidence.retired import RetiredLedger
    from skillconnect_ops.journal.hooks import Hooks
    from skillconnect_ops.journal.office import Office


class House(Protocol):
    """What a command is given. Nothing is opened before it is asked for."""

    @property
    def environment(self) -> Environment:
        """The process environment."""

    @property
    def clock(self) -> Clock:
        """The real clock."""

    @property
    def disk(self) -> Disk:
        """Durable files."""

    @property
    def person(self) -> Person:
        """The one at the terminal."""

    @property
    def git(self) -> Git:
        """Repositories."""

    @property
    def repositories(self) -> Repositories:
        """Repositories as stores of objects."""

    @property
    def folders(self) -> Folders:
        """Folders on this disk."""

    @property
    def crew(self) -> Crew:
        """Child processes for much of the same work."""

    @property
    def embedded(self) -> Embedded:
        """Servers that we start ourselves."""

    @property
    def processes(self) -> Processes:
        """Plain programs as children."""

    @property
    def services(self) -> Services:
        """Programs that run until they are told to end."""

    @property
    def acl(self) -> AclServers:
        """Key-value servers and their users."""

    @property
    def mail(self) -> MailLogins:
        """Logins at mail servers."""

    @property
    def health(self) -> HealthAnswers:
        """What running programs say of themselves."""

    @property
    def requests(self) -> Requests:
        """Single requests to running programs."""

    @property
    def commands(self) -> Commands:
        """The front door."""

    def project(self) -> Project:
        """The project whose `skc.yaml` is found from the working folder upwards.

        Raises:
            Precondition: there is none, or it cannot be read (file, line and nearest key named).
        """

    def target(self, name: str | None) -> Target:
        """The named target, or the only one.

        Raises:
            Precondition: several and none named, or no such target (the names are listed).
        """

    def office(self, *, state: Path | None = None) -> "Office":
        """The journal's office of this project: where plans are carried out.

        Args:
            state: the private state folder, where there is no project yet (`init`, which plans
                the project's id); then nothing is recorded in an evidence ledger.
        """

    def hooks(self) -> "Hooks":
        """Which commands out of `skc.yaml` this machine may run."""

    def ledger(self) -> WholeLedger:
        """The evidence ledger of this project."""

    def retired(self) -> "RetiredLedger":
        """The ledger of this project's retired secrets.

        Raises:
            Precondition: there is no project.
        """

    def database(
        self, target: Target, *, admin: bool = True
    ) -> AbstractContextManager["Connected"]:
        """Connect to the target's database, as the admin user where its variable is set.

        Within the block the same connection is given again: whoever makes many steps holds one
        open, and pays for the log-in once.

        Raises:
            Precondition: no URI, wrong password, unreachable (host named, password never).
        """

    def accounts(
        self, target: Target, *, admin: bool = True, uri: Secret | None = None
    ) -> AbstractContextManager[Accounts]:
        """Manage the users of the target's deployment, by the rule of `database`.

        Within the block the administrator's connection is given again, as `database` does. Where
        the target names an Atlas project, that is what manages its users.

        Args:
            target: whose deployment is meant.
            admin: False: as the app's own user, which may change its own password at most.
            uri: to connect by instead, such as one that was typed in, or one with the password
                that an earlier run has set.

        Raises:
            AccountsAreManaged: by somebody else, as on Atlas.
            Precondition: as for `database`.
        """

    def atlas(self, target: Target) -> AbstractContextManager[AtlasProject]:
        """The Atlas project that the target names; within the block the same one again.

        Raises:
            Precondition: it names none, or its key is not set or is none.
        """

    def logins(self, target: Target) -> Logins:
        """Tries connection strings that lead to the target's deployment."""

    def admin_uri(self, target: Target) -> Secret | None:
        """The administrator's URI, if one is at hand: that which was taken, else its variable's."""

    def take_admin_uri(self, target: Target, uri: Secret) -> None:
        """Use this one for the target from now on; it is kept in memory alone."""

    def admin_way(self, target: Target) -> "AdminWay | None":
        """Where the admin user's URI leads; None where its variable is not set.

        Raises:
            Precondition: one of the URIs cannot be read; no database, no URI of the app.
        """

    def clusters(self, target: Target) -> tuple[str, ...]:
        """What the target's deployment is called in plans and evidence; nothing is contacted.

        That is the hosts of the app's own URI, and those of the admin user's where it surely leads
        to the same deployment.

        Raises:
            Precondition: the target has no database, or a URI cannot be read.
        """

    def connect(
        self, uri: Secret, *, settings: DatabaseSettings | None = None
    ) -> AbstractContextManager[Database]:
        """Connect to any server by URI."""

    def env_values(self, target: Target) -> dict[str, Secret]:
        """The variables of the target's env files, as the app reads them."""

    def backups(self, target: Target) -> Path:
        """The folder of the target's backups, resolved; not made yet."""


class AdminWay(Struct, frozen=True, kw_only=True):
    """Where the admin user's URI leads, beside the app's own; hosts, no user and no password."""

    variable: str
    """The variable that the admin user's URI is in."""
    cluster: str
    own: str
    """The hosts of the app's own URI."""
    own_origin: str
    """Where the app's own URI was found."""
    same: bool | None
    """Whether both lead to one deployment; None where that cannot be told without DNS."""

    def says(self) -> str:
        """Both ways in one sentence."""
        return f"{self.variable} leads to {self.cluster}, and {self.own_origin} to {self.own}"


class Connected(Protocol):
    """A target's database, open."""

    @property
    def database(self) -> Database:
        """The connection."""

    @property
    def indexes(self) -> Indexes:
        """The indexes of the deployment, over the same connection."""

    @property
    def name(self) -> str:
        """The database that the target's URI or settings name."""

    @property
    def cluster(self) -> str:
        """What to call the deployment in a plan: hosts without user or password."""

    @property
    def origin(self) -> str:
        """Which variable the URI came from."""
