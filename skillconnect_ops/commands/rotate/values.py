"""The old and the new value of a secret, on their way through a rotation: in its escrow alone."""

from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec
from msgspec import Struct

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.rotate.ending_errors import (
    PUBLISH_AGAIN,
    NotPublished,
    OldIsBack,
    StillPublished,
)
from skillconnect_ops.commands.rotate.errors import NotVerified, OnlyNewWorks
from skillconnect_ops.commands.rotate.model import value_of
from skillconnect_ops.core.plan import Walk
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.settings.model import Target
from skillconnect_ops.core.view import listed
from skillconnect_ops.disk.errors import explained
from skillconnect_ops.envfile import parse
from skillconnect_ops.evidence.forms import password_of
from skillconnect_ops.evidence.matching import Refusal


def keep_both(walk: Walk, secret: str, *, old: Secret, new: Secret) -> None:
    """Put them into the escrow, before anybody else is told the new one."""
    walk.escrow.put(value_of(secret, age="old"), old.reveal().encode())
    walk.escrow.put(value_of(secret, age="new"), new.reveal().encode())


def kept(walk: Walk, secret: str, *, age: str) -> Secret:
    """A value of a rotation, from its escrow.

    Raises:
        NotVerified: it is not there.
    """
    value = walk.escrow.get(value_of(secret, age=age))
    if value is None:
        raise NotVerified(
            f"the {age} value of {secret} is not in the escrow",
            why="the run that would have kept it ended before it did",
            fix="skc rotate status",
        )
    return Secret(value.decode())


def of_one_credential(one: str, other: str) -> bool:
    """Whether two values let in the same way: they are equal, or URIs of one password.

    An option that somebody has added makes another URI of it, and no other credential.
    """
    password = password_of(one)
    return one == other or (password is not None and password == password_of(other))


def published(
    house: House, target: Target, env: str, *, more: Iterable[str] = ()
) -> Iterator[tuple[str, str]]:
    """The env files that hold a variable, and what each holds; one that is gone holds nothing.

    Args:
        house: the house.
        target: whose env files, as the settings name them now.
        env: the variable.
        more: files that were among them once.
    """
    root = house.project().root
    for path in dict.fromkeys((*target.settings.env_files, *more)):
        with explained(f"read {path}"):
            try:
                value = parse((root / path).read_bytes()).get(env)
            except FileNotFoundError:
                continue
        if value is not None:
            yield path, value


def written_since(
    house: House,
    target: Target,
    *,
    secret: str,
    env: str,
    walk: Walk,
    files: Sequence[str] = (),
    fix: str = PUBLISH_AGAIN,
) -> tuple[tuple[str, Secret], ...]:
    """See that the env files hold the new value, or at least another one than the old.

    Args:
        house: the house.
        target: whose env files.
        secret: the secret.
        env: its variable.
        walk: its escrow has both values.
        files: where the new one was published.
        fix: how the new one comes back there.

    Returns:
        What somebody has written since, by file; whether it lets in is to be seen.

    Raises:
        OldIsBack: the old value is all that an app would find; it goes, or is dead by now.
        NotPublished: there is none.
    """
    old, new = (kept(walk, secret, age=age).reveal() for age in ("old", "new"))
    found = tuple(published(house, target, env, more=files))
    if not found:
        raise NotPublished(env, where=listed(files or target.settings.env_files), fix=fix)
    for path, value in found:
        if of_one_credential(value, old):
            raise OldIsBack(env, where=path, fix=fix)
    return tuple((path, Secret(value)) for path, value in found if value != new)


def must_be_unpublished(house: House, target: Target, *, secret: str, env: str, walk: Walk) -> None:
    """On the way back a new credential goes once no env file holds it any more.

    Raises:
        StillPublished: one does, since it was edited meanwhile and is not ours to put back.
    """
    new = kept(walk, secret, age="new").reveal()
    for path, value in published(house, target, env):
        if of_one_credential(value, new):
            raise StillPublished(env, where=path)


def must_open(opens: Callable[[Secret], bool], *, secret: str, user: str, walk: Walk) -> None:
    """The old value lets somebody in still, so that an env file may be given it back.

    Args:
        opens: whether the server takes a login.
        secret: whose values.
        user: of the new value.
        walk: its escrow holds both.

    Raises:
        OnlyNewWorks: it does not, and the new one does.
    """
    if not opens(kept(walk, secret, age="old")) and opens(kept(walk, secret, age="new")):
        raise OnlyNewWorks(secret, user=user)


class Told(Struct, frozen=True):
    """What is known of whether an old value still opens anything."""

    refusal: Refusal
    by: str | None = None
    """Who revoked it, where that was elsewhere."""


def tell_refusal(walk: Walk, secret: str, refusal: Refusal, *, by: str | None) -> None:
    """Keep it for the step that records the retirement."""
    told = Told(refusal, by if refusal is Refusal.ELSEWHERE else None)
    walk.escrow.put(_refusal(walk, secret), msgspec.json.encode(told))


def told_refusal(walk: Walk, secret: str) -> Told | None:
    """What a step before has told in this run."""
    value = walk.escrow.get(_refusal(walk, secret))
    return msgspec.json.decode(value, type=Told) if value is not None else None


def _refusal(walk: Walk, secret: str) -> str:
    """With the run's id: a chain has one escrow, and a later run of it may know better."""
    return f"{walk.id} refusal {secret}"


def parts_of(values: Iterable[str]) -> list[Secret]:
    """What of these values is to be masked: of a URI its password alone."""
    return [Secret(password_of(value) or value) for value in values if value]
