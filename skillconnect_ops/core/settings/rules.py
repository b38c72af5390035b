"""What a setting's value must look like, where its type alone does not say it."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from msgspec import Struct

from skillconnect_ops.core.settings.model import (
    AtlasSettings,
    BackupSettings,
    ConsumerSettings,
    DatabaseSettings,
    MailSettings,
    NotifySettings,
    ProjectSettings,
    ReleaseSettings,
    SecretSettings,
    Settings,
    SinkSettings,
    TargetSettings,
)

Rule = Callable[[object], "Broken | None"]

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_GROUP = re.compile(r"[0-9a-f]{24}", re.ASCII)
_ADDRESS = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s:/@\[\]]+):(\d{1,5})", re.ASCII)


class Broken(Struct, frozen=True, kw_only=True):
    """How a value breaks its rule; the words never hold the value."""

    what: str
    why: str
    fix: str


def is_variable(name: str) -> bool:
    """Whether a text can be the name of an environment variable."""
    return _VARIABLE.fullmatch(name) is not None


def is_name(name: str) -> bool:
    """Whether a text can name a target or a project's state folder."""
    return _NAME.fullmatch(name) is not None


def _uri(value: object) -> Broken | None:
    prefix, _, name = str(value).partition(":")
    if prefix == "env" and is_variable(name):
        return None
    if "//" in name:
        return Broken(
            what="holds an address, and that may hold a password",
            why="skc.yaml names variables and never holds their values",
            fix="move it to the env file and write `env:` and the variable's name",
        )
    return Broken(
        what="names no variable",
        why="it is written `env:` and the name of a variable in the env files: env:MONGO_URI",
        fix="write `env:` and the variable's name",
    )


def _variable(value: object) -> Broken | None:
    if is_variable(str(value)):
        return None
    return Broken(
        what="names no environment variable",
        why="it is a name alone, like SKC_MONGO_ADMIN_URI; skc.yaml never holds the value",
        fix="write the variable's name",
    )


def _key_variable(value: object) -> Broken | None:
    if str(value).startswith(("mdb_sa_id_", "mdb_sa_sk_")):
        return Broken(
            what="holds a key to Atlas itself",
            why="skc.yaml names variables and never holds their values",
            fix="take it out, treat that key as leaked, and write the variable's name",
        )
    return _variable(value)


def _group(value: object) -> Broken | None:
    if _GROUP.fullmatch(str(value)):
        return None
    return Broken(
        what="is no id of an Atlas project",
        why="it has 24 digits, 0 to 9 and a to f; the project's name does not serve",
        fix="write the Project ID that Atlas shows in the project's settings",
    )


def _id(value: object) -> Broken | None:
    if is_name(str(value)):
        return None
    return Broken(
        what="cannot name a folder",
        why="letters, digits, `.`, `_` and `-` alone, at most 64, a letter or digit first",
        fix="write such a name",
    )


def _target_names(value: object) -> Broken | None:
    if not isinstance(value, dict) or all(is_name(str(name)) for name in value):
        return None
    return Broken(
        what="holds a name that cannot name a target",
        why="letters, digits, `.`, `_` and `-` alone, at most 64, a letter or digit first",
        fix="rename the target",
    )


def _filled(value: object) -> Broken | None:
    if str(value).strip():
        return None
    return Broken(what="is empty", why="an empty text names nothing", fix="write a value")


def _folder(value: object) -> Broken | None:
    """A folder's name may well be a blank."""
    return None if str(value) else _filled(value)


def _all_filled(value: object) -> Broken | None:
    found = (_filled(item) for item in value) if isinstance(value, tuple) else ()
    return next((fault for fault in found if fault), None)


def _recipients(value: object) -> Broken | None:
    for recipient in value if isinstance(value, tuple) else ():
        if "SECRET-KEY" in str(recipient).upper():
            return Broken(
                what="holds a secret key",
                why="a recipient is the public half; the secret half opens every backup",
                fix="take it out, treat that key as leaked, and write the public key (age1…)",
            )
        if not str(recipient).startswith(("age1", "ssh-ed25519 ", "ssh-rsa ")):
            return Broken(
                what="holds something that is no age recipient",
                why="a recipient begins with age1, ssh-ed25519 or ssh-rsa",
                fix="write the public key that `age-keygen -y KEYFILE` shows",
            )
    return None


def _addresses(value: object) -> Broken | None:
    pairs = value.items() if isinstance(value, dict) else ()
    if all(_is_address(str(side)) for pair in pairs for side in pair):
        return None
    return Broken(
        what="holds something that is no host:port",
        why="each line is `host:port as the server knows it: host:port as reached from here`",
        fix='write `"mongo:27017": "127.0.0.1:27017"`',
    )


def _is_address(text: str) -> bool:
    match = _ADDRESS.fullmatch(text)
    return match is not None and 0 < int(match[2]) < 65536


SECRET_KINDS = ("mongodb", "redis", "jwt", "random", "manual")
MAIL_SECURITY = ("starttls", "tls", "none")
_PERIOD = re.compile(r"(?P<number>[1-9][0-9]{0,4})(?P<unit>[smhd])", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def period_s(text: str) -> int | None:
    """A length of time like `30d`, `12h`, `10m` or `90s`, in seconds; None where it is none."""
    match = _PERIOD.fullmatch(text)
    return int(match["number"]) * _SECONDS[match["unit"]] if match else None


def _period(value: object) -> Broken | None:
    if period_s(str(value)) is not None:
        return None
    return Broken(
        what="is no length of time",
        why="it is written as a number and one of s, m, h, d",
        fix="write `30d`",
    )


def _kind(value: object) -> Broken | None:
    if value in SECRET_KINDS:
        return None
    return Broken(
        what="names no kind of secret",
        why=f"the kinds are {', '.join(SECRET_KINDS)}",
        fix=f"write one of {', '.join(SECRET_KINDS)}",
    )


def _word(value: object) -> Broken | None:
    """A text, or `env:` and the variable that holds it."""
    text = str(value)
    if text.startswith("env:"):
        return _uri(value)
    if "//" in text or "@" in text.rpartition("@")[0] or ":" in text.rpartition("@")[0]:
        return Broken(
            what="holds an address, and that may hold a password",
            why="it is a host's or a user's name alone; skc.yaml never holds a password",
            fix="write the name alone, or `env:` and a variable's name",
        )
    return _filled(value)


def _port(value: object) -> Broken | None:
    if isinstance(value, int) and 0 < value < 65536:
        return None
    return Broken(what="is no port", why="ports go from 1 to 65535", fix="write `587`")


def _security(value: object) -> Broken | None:
    if value in MAIL_SECURITY:
        return None
    return Broken(
        what="names no way to protect a connection",
        why=f"the ways are {', '.join(MAIL_SECURITY)}",
        fix=f"write one of {', '.join(MAIL_SECURITY)}",
    )


def _names(value: object) -> Broken | None:
    if not isinstance(value, dict) or all(is_name(str(name)) for name in value):
        return None
    return Broken(
        what="holds a name that cannot be typed as one word",
        why="letters, digits, `.`, `_` and `-` alone, at most 64, a letter or digit first",
        fix="rename it",
    )


def _sinks(value: object) -> Broken | None:
    sinks = value if isinstance(value, dict) else {}
    for sink in sinks.values():
        fault = _sink(sink) if isinstance(sink, SinkSettings) else None
        if fault:
            return fault
    return _names(value)


def _sink(sink: SinkSettings) -> Broken | None:
    if (sink.file is None) == (not sink.hook):
        return Broken(
            what="has an entry that is not one sort of sink",
            why="a sink is either `file:` or `hook:`",
            fix="write one of the two, and not both,",
        )
    if sink.file is not None and (sink.read or sink.variables):
        return Broken(
            what="has a file with what belongs to a hook",
            why="`read` and `variables` are for a sink with `hook:`; a file is read back by itself",
            fix="remove them",
        )
    return None


def _variables(value: object) -> Broken | None:
    names = value if isinstance(value, tuple) else ()
    return next((fault for name in names if (fault := _variable(name))), None)


def _commands(value: object) -> Broken | None:
    for argv in value if isinstance(value, tuple) else ():
        if not argv:
            return Broken(
                what="has a command without words",
                why="each is a list of a program and its arguments: [[./tell, ops]]",
                fix="write a program there, or remove it",
            )
        fault = _all_filled(argv)
        if fault:
            return fault
    return None


def _program(value: object) -> Broken | None:
    return _commands((value,))


def _address_of_health(value: object) -> Broken | None:
    try:
        parts = urlsplit(str(value))
        sound = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        sound = False
    if not sound or parts.scheme not in {"http", "https"}:
        return Broken(
            what="is no address of a health answer",
            why="it begins with http:// or https://, and names a host",
            fix="write `http://127.0.0.1:3000/health`",
        )
    if "@" in parts.netloc or parts.query or parts.fragment:
        return Broken(
            what="holds more than an address, and that may be a secret",
            why="skc.yaml holds none; a login, a query and a fragment do not belong here",
            fix="write the address alone",
        )
    return None


RULES: dict[tuple[type[object], str], Rule] = {
    (ProjectSettings, "id"): _id,
    (ProjectSettings, "name"): _filled,
    (Settings, "targets"): _target_names,
    (Settings, "backend"): _folder,
    (Settings, "handover"): _folder,
    (TargetSettings, "env_files"): _all_filled,
    (TargetSettings, "secrets"): _names,
    (TargetSettings, "consumers"): _names,
    (SecretSettings, "kind"): _kind,
    (SecretSettings, "env"): _variable,
    (SecretSettings, "every"): _period,
    (SecretSettings, "token_ttl"): _period,
    (SecretSettings, "admin_uri"): _variable,
    (SecretSettings, "connect_map"): _addresses,
    (SecretSettings, "where"): _filled,
    (MailSettings, "host"): _word,
    (MailSettings, "user"): _word,
    (MailSettings, "port"): _port,
    (MailSettings, "security"): _security,
    (MailSettings, "authority"): _filled,
    (ConsumerSettings, "app_name"): _filled,
    (TargetSettings, "sinks"): _sinks,
    (ConsumerSettings, "reload"): _all_filled,
    (ConsumerSettings, "health"): _address_of_health,
    (ConsumerSettings, "deadline"): _period,
    (SinkSettings, "env"): _variable,
    (SinkSettings, "file"): _filled,
    (SinkSettings, "hook"): _all_filled,
    (SinkSettings, "read"): _all_filled,
    (SinkSettings, "timeout"): _period,
    (SinkSettings, "variables"): _variables,
    (NotifySettings, "on_failure"): _commands,
    (NotifySettings, "on_incident"): _commands,
    (ReleaseSettings, "now"): _program,
    (ReleaseSettings, "roll_back"): _program,
    (ReleaseSettings, "timeout"): _period,
    (DatabaseSettings, "uri"): _uri,
    (DatabaseSettings, "admin_uri"): _variable,
    (DatabaseSettings, "name"): _filled,
    (DatabaseSettings, "connect_map"): _addresses,
    (AtlasSettings, "group_id"): _group,
    (AtlasSettings, "credentials"): _key_variable,
    (BackupSettings, "location"): _filled,
    (BackupSettings, "recipients"): _recipients,
}
