"""What `init` sees in a project, and what it makes of it."""

from msgspec import Struct

from skillconnect_ops.envfile import Credential


class Address(Struct, frozen=True, kw_only=True):
    """What a MongoDB URI says besides user and password."""

    hosts: tuple[str, ...]
    """`host:port`, or the one name of an SRV address."""
    database: str | None
    """The database that its path names."""
    srv: bool

    @property
    def is_here(self) -> bool:
        """Whether every host is this machine."""
        return all(_name(host) in {"localhost", "127.0.0.1", "[::1]"} for host in self.hosts)


class UriVariable(Struct, frozen=True, kw_only=True):
    """A variable of an env file whose value is a MongoDB URI."""

    name: str
    address: Address


class EnvFile(Struct, frozen=True, kw_only=True):
    """One env file; of its values only what is no secret."""

    path: str
    """Relative to the root."""
    folder: str
    suffix: str
    """`production` of `.env.production`, `local` of `.env.local`, empty for `.env`."""
    variables: int
    uris: tuple[UriVariable, ...]
    """The likeliest first."""
    mode: str | None
    """What NODE_ENV (or the like) in it says."""
    trouble: str | None = None
    """Why it could not be read."""
    credentials: tuple[Credential, ...] = ()
    """The variables that hold one, by name and kind."""
    lifetimes: dict[str, str] = {}
    """Variables that say how long a token is good for: `7d`."""
    mail: dict[str, str] = {}
    """Of a mail server: the names of the variables with its `host` and `user`, and its `port`."""


class Service(Struct, frozen=True, kw_only=True):
    """A service of a compose file that publishes a port."""

    file: str
    name: str
    aliases: tuple[str, ...]
    """Every name that other services reach it by, its own included."""
    ports: dict[int, str]
    """Port in the container -> `host:port` as it is reached from here."""


class Package(Struct, frozen=True, kw_only=True):
    """A folder that holds a program."""

    folder: str
    manifest: str
    """`package.json`, `pyproject.toml`, …: relative to the root."""
    name: str | None
    server: bool
    """Whether it depends on something that a backend is made of."""


class Found(Struct, frozen=True, kw_only=True):
    """Everything that one look at a project showed."""

    root: str
    folder_name: str
    git: bool
    packages: tuple[Package, ...] = ()
    env_files: tuple[EnvFile, ...] = ()
    services: tuple[Service, ...] = ()
    database_names: tuple[str, ...] = ()
    """What the code passes as `dbName`, each once."""
    signing: tuple[str, ...] = ()
    """The variables that the code signs tokens with."""
    here: str = "."
    """The working folder, relative to the root."""
    notes: tuple[str, ...] = ()
    """What could not be read."""


class Profile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known beforehand of one app: `templates/<name>/profile.yaml`."""

    name: str
    backend: str
    target: str
    env_files: tuple[str, ...]
    uri: str
    database: str


class Entry(Struct, frozen=True, kw_only=True):
    """One entry of `secrets:`, as it is written."""

    name: str
    settings: dict[str, object]
    check: str = ""
    """What a person has to look at, as a comment."""


class Suggestion(Struct, frozen=True, kw_only=True):
    """One target as `skc.yaml` shall have it."""

    name: str
    env_files: tuple[str, ...]
    variable: str
    """The name of the variable that holds the URI."""
    address: Address | None
    """What its value says; None where no env file holds it."""
    database: str | None
    """What to write as `name:`; None where the URI's path says it."""
    reason: str
    """Where the database's name comes from, as a comment."""
    connect_map: dict[str, str]
    location: str
    admin_uri: str
    """The variable of a stronger user's URI: one for each target, where there are several, lest
    what is exported for one server leads the commands of another target there."""
    secrets: tuple[Entry, ...] = ()
    """What `skc rotate` renews."""
    left_out: tuple[str, ...] = ()
    """What is not among them, and why, as comments."""


class Wanted(Struct, frozen=True, kw_only=True):
    """The whole of the `skc.yaml` to write."""

    id: str
    name: str
    profile: str | None
    backend: str
    targets: tuple[Suggestion, ...]


def _name(host: str) -> str:
    return host.rpartition(":")[0] if ":" in host and not host.endswith("]") else host
