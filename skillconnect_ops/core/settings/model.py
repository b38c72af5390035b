"""The nouns of `skc.yaml`. Names of variables stand here, never values."""

from pathlib import Path

from msgspec import Struct


class ProjectSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`project:`; the id names the private state, the profile the files that `init` brought."""

    id: str
    name: str
    profile: str | None = None


class AtlasSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`atlas:` of a database that MongoDB Atlas runs, whose users are managed over its API."""

    group_id: str
    """The project's id, which Atlas calls Project ID."""
    credentials: str = "SKC_ATLAS"
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


class TargetSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry of `targets:`."""

    env_files: tuple[str, ...] = ()
    database: DatabaseSettings | None = None
    backups: BackupSettings | None = None


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole of `skc.yaml`."""

    version: int
    project: ProjectSettings
    backend: str = "."
    targets: dict[str, TargetSettings] = {}


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
