"""The nouns of `skc.yaml`. Names of variables stand here, never values."""

from pathlib import Path

from msgspec import Struct

from skillconnect_ops.core.finding import Severity

_OF_ATLAS = "SKC_ATLAS"


class ProjectSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`project:`; the id names the private state, the profile the files that `init` brought."""

    id: str
    name: str
    profile: str | None = None


class AtlasSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`atlas:` of a database that MongoDB Atlas runs, whose users are managed over its API."""

    group_id: str
    """The project's id, which Atlas calls Project ID."""
    credentials: str = _OF_ATLAS
    """The environment variable with the key (`mdb_sa_id_…:mdb_sa_sk_…` of a service account, or
    `publickey:privatekey`); never stored."""


class DatabaseSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`database:` of a target."""

    uri: str
    """`env:NAME`: the variable in the target's env files (else the environment) with the URI."""
    admin_uri: str = "SKC_MONGO_ADMIN_URI"
    """The environment variable that may hold a stronger user's URI; never stored."""
    name: str | None = None
    """The database, where the URI's path does not name it."""
    connect_map: dict[str, str] = {}
    """`host:port` as the replica set knows a node -> `host:port` as it is reached from here."""
    atlas: AtlasSettings | None = None


class Keep(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many daily, weekly and monthly backups `prune` keeps."""

    daily: int = 7
    weekly: int = 4
    monthly: int = 12


class BackupSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`backups:` of a target."""

    location: str
    """A folder outside the repository; `~` is the home folder, relative means the project root."""
    recipients: tuple[str, ...] = ()
    """age recipients (`age1…`, or `ssh-ed25519 …`) that every backup is encrypted to."""
    keep: Keep = Keep()


class MailSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`mail:` of a secret that is a mail server's password: where its login is tried."""

    host: str
    """The server's name, or `env:NAME`: the variable of the env files that holds it."""
    user: str
    """Who logs in; a name, or `env:NAME`."""
    port: int = 587
    security: str = "starttls"
    """`starttls`, `tls` (from the first byte, usually port 465), or `none` (this machine only)."""
    authority: str | None = None
    """A certificate authority besides those that this machine trusts: a PEM file."""


class SecretSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry of `secrets:`: something that `skc rotate` renews."""

    kind: str
    """`mongodb`, `redis`, `jwt` (a key that signs tokens), `random` (any opaque value), or `manual`
    (made elsewhere by hand and taken in, as a mail server's password)."""
    env: str
    """The variable of the env files that holds it."""
    every: str | None = None
    """How often it is to be renewed: `30d`."""
    consumers: tuple[str, ...] = ()
    """Who reads it, by the names below `consumers`; none named means all of them."""
    token_ttl: str = "7d"  # noqa: S105 - a length of time
    """`jwt`: how long the longest-lived token of this key is good for."""
    admin_uri: str = "SKC_REDIS_ADMIN_URI"
    """`redis`: the environment variable that may hold an administrator's URI; never stored."""
    in_place: bool = False
    """`mongodb`, `redis`: keep the user, and change its password.

    MongoDB: there is a window without logins. Redis: for `default` and its `requirepass`.
    """
    connect_map: dict[str, str] = {}
    """`redis`: `host:port` as the app's URI has it -> `host:port` as it is reached from here."""
    where: str | None = None
    """`manual`: where a new one is made and the old one revoked; the plan shows it."""
    mail: MailSettings | None = None
    """`manual`: has the new password tried by a login, and the old one be seen refused."""


class ConsumerSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry of `consumers:`: a program that reads the env files."""

    app_name: str | None = None
    """What it calls itself to MongoDB (`appName` of its URI)."""
    reload: tuple[str, ...] = ()
    """The command that makes it read them anew: a program and its arguments, no shell."""
    health: str | None = None
    """A URL whose JSON answer may say what it has loaded: `{"skc": {"JWT_SECRET_KEY": "…"}}`."""
    deadline: str | None = None
    """How long it may take until it runs with a new value: `60s`. Where nobody can see that it
    does, so long is waited."""


class SinkSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry of `sinks:`: a place besides the env files that is given a new value."""

    env: str
    """The variable whose value it gets, or the `…_FALLBACKS` of a ring of keys."""
    file: str | None = None
    """A file that holds the value and nothing else, as a Docker secret does."""
    hook: tuple[str, ...] = ()
    """A program and its arguments, no shell, that gets the value as JSON on its input."""
    read: tuple[str, ...] = ()
    """`hook`: a second one that prints what is held there, or its keyed fingerprint."""
    timeout: str = "60s"
    """`hook`: how long either may take."""
    variables: tuple[str, ...] = ()
    """`hook`: names of environment variables that either finds besides PATH."""


class NotifySettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`notify:`: commands that are told how something ended, as JSON on their input."""

    on_failure: tuple[tuple[str, ...], ...] = ()
    """Run when a rotation was put back, needs a person, or was interrupted."""
    on_incident: tuple[tuple[str, ...], ...] = ()
    """Run when an incident tells the team, or fires a test alert; else those of `on_failure`."""


class ReleaseSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`releases:` of a target: how a deployment is named, and taken back."""

    now: tuple[str, ...]
    """The command that prints the name of the release that runs: a digest, a tag."""
    roll_back: tuple[str, ...]
    """The command that deploys the release which the variable SKC_RELEASE names."""
    timeout: str = "10m"
    """How long either may take."""


class AuditSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`audit:`: what an audit of the code heeds."""

    fail_on: Severity = Severity.HIGH
    """The lowest severity that ends with 10 to 13."""
    logger: str | None = None
    """The module that the project logs through; relative to the project root."""


class TargetSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry of `targets:`."""

    env_files: tuple[str, ...] = ()
    database: DatabaseSettings | None = None
    secrets: dict[str, SecretSettings] = {}
    consumers: dict[str, ConsumerSettings] = {}
    sinks: dict[str, SinkSettings] = {}
    backups: BackupSettings | None = None
    releases: ReleaseSettings | None = None
    indexes: str = "indexes.yaml"
    """The file that declares the indexes; relative to the project root."""


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole of `skc.yaml`."""

    version: int
    project: ProjectSettings
    backend: str = "."
    targets: dict[str, TargetSettings] = {}
    notify: NotifySettings = NotifySettings()
    audit: AuditSettings = AuditSettings()
    handover: str | None = None
    """A folder outside the repository that other machines reach, too; what a rotation needs to be
    finished by another one lies there, sealed. `~` is the home folder, relative means the root."""


class Target(Struct, frozen=True, kw_only=True):
    """A target chosen by name."""

    name: str
    settings: TargetSettings


class Project(Struct, frozen=True, kw_only=True):
    """A project on disk: the folder of its `skc.yaml`, and what stands in it."""

    root: Path
    file: Path
    settings: Settings
    state: Path
    """The private state folder of this project, outside the repository."""
