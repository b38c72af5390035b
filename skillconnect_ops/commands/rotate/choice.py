"""Which secrets of a target are meant, where they stand, and who reads them."""

from pathlib import Path

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.rotate.errors import (
    NoSuchConsumer,
    NoSuchSecret,
    NothingToRotate,
    NotInAnyEnvFile,
    TwoOfOneVariable,
    ValuesDiffer,
)
from skillconnect_ops.commands.rotate.model import Kind, Named
from skillconnect_ops.commands.rotate.ring import fallbacks_of
from skillconnect_ops.commands.rotate.sink_errors import SinkOfNothing
from skillconnect_ops.core.settings.model import SecretSettings, SinkSettings, Target
from skillconnect_ops.disk.errors import explained
from skillconnect_ops.envfile import parse


def configured(target: Target) -> dict[str, SecretSettings]:
    """The secrets that the settings name; the database's own URI is always one.

    Raises:
        TwoOfOneVariable: two of them are of one variable.
    """
    found = dict(target.settings.secrets)
    database = target.settings.database
    if database is not None:
        env = database.uri.removeprefix("env:")
        if all(one.env != env for one in found.values()):
            # whoever has called another one so keeps it
            name = env if "mongodb" in found else "mongodb"
            found[name] = SecretSettings(kind=Kind.MONGODB.value, env=env)
    owners = dict[str, str]()
    for name, one in found.items():
        for variable in variables_of(one):
            first = owners.setdefault(variable, name)
            if first != name:
                raise TwoOfOneVariable(variable, names=(first, name), target=target.name)
    return found


def chosen(house: House, target: Target, only: tuple[str, ...]) -> tuple[Named, ...]:
    """The secrets that are meant, by name.

    Raises:
        NothingToRotate: there are none.
        NoSuchSecret: one was named that is not there.
        NotInAnyEnvFile: a variable is in no env file.
        ValuesDiffer: two env files hold two values of one.
    """
    known = configured(target)
    if not known:
        raise NothingToRotate(target.name)
    for name in only:
        if name not in known:
            raise NoSuchSecret(name, known=sorted(known))
    root = house.project().root
    return tuple(
        _named(name, known[name], target, root)
        for name in sorted(known)
        if not only or name in only
    )


def names_of(target: Target, only: tuple[str, ...]) -> tuple[str, ...]:
    """The names of secrets that are meant; a variable stands for the secret that renews it.

    What is neither is left as it is, for `chosen` to say so.
    """
    known = configured(target)
    owners = {env: name for name, one in known.items() for env in variables_of(one)}
    return tuple(dict.fromkeys(word if word in known else owners.get(word, word) for word in only))


def one_of(house: House, target: Target, name: str) -> Named:
    """One secret by its name, which is known.

    Raises:
        NotInAnyEnvFile: its variable is in no env file.
        ValuesDiffer: two env files hold two values of it.
    """
    return _named(name, configured(target)[name], target, house.project().root)


def _named(name: str, settings: SecretSettings, target: Target, root: Path) -> Named:
    consumers = target.settings.consumers
    readers = settings.consumers or tuple(consumers)
    for reader in readers:
        if reader not in consumers:
            raise NoSuchConsumer(reader, secret=name, target=target.name, known=sorted(consumers))
    return Named(
        name=name,
        kind=Kind(settings.kind),
        settings=settings,
        consumers=tuple((reader, consumers[reader]) for reader in readers),
        files=_holding(settings.env, target, root),
        sinks=sinks_of(target, settings),
    )


def sinks_of(target: Target, settings: SecretSettings) -> tuple[tuple[str, SinkSettings], ...]:
    """The sinks of a secret, by name.

    Raises:
        SinkOfNothing: one of the target's names a variable of no secret.
    """
    variables = {env for one in configured(target).values() for env in variables_of(one)}
    for name, sink in target.settings.sinks.items():
        if sink.env not in variables:
            raise SinkOfNothing(name, sink.env, known=sorted(variables))
    own = variables_of(settings)
    return tuple((name, one) for name, one in target.settings.sinks.items() if one.env in own)


def variables_of(settings: SecretSettings) -> tuple[str, ...]:
    """The variables that a rotation of a secret writes."""
    env = settings.env
    return (env, fallbacks_of(env)) if settings.kind == Kind.JWT.value else (env,)


def _holding(env: str, target: Target, root: Path) -> tuple[str, ...]:
    values: dict[str, str] = {}
    for file in target.settings.env_files:
        with explained(f"read {file}"):
            try:
                data = (root / file).read_bytes()
            except FileNotFoundError:
                continue
        value = parse(data).get(env)
        if value is not None:
            values[file] = value
    if not values:
        raise NotInAnyEnvFile(env, files=target.settings.env_files)
    if len(set(values.values())) > 1:
        raise ValuesDiffer(env, files=tuple(values))
    return tuple(values)
