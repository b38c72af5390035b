"""A step that makes a new credential -> those that see it in its place, or bring it back; pure."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any, assert_never

from msgspec.structs import replace

from skillconnect_ops.commands.rotate.acl_making import AclAdmit, AclCreate, AclMade, AclReplace
from skillconnect_ops.commands.rotate.ending_steps import ValueHold, ValueSee
from skillconnect_ops.commands.rotate.in_place import PasswordChange
from skillconnect_ops.commands.rotate.manual_steps import ValueTake
from skillconnect_ops.commands.rotate.model import Kind
from skillconnect_ops.commands.rotate.publish_steps import (
    ConsumerKeep,
    ConsumerReload,
    EnvPublish,
    ValueMake,
)
from skillconnect_ops.commands.rotate.sink_steps import SinkCall, SinkFile
from skillconnect_ops.commands.rotate.user_steps import UserCreate
from skillconnect_ops.core.plan import Step

Made = UserCreate | AclMade | ValueMake | ValueTake
"""The steps that make a new credential; each has an old one to retire."""


def seen(
    made: Made | PasswordChange, steps: Sequence[Step], *, verb: str = "see", begins: bool = False
) -> Step:
    """See that a new credential has taken its place.

    Args:
        made: the step that makes it.
        steps: those of the same plan, which say where it is published.
        verb: for the key.
        begins: whether the rotation is under way still.
    """
    return ValueSee(key=f"{verb}:{made.env}", begins=begins, **_what(made, steps))


def held(made: Made | PasswordChange, steps: Sequence[Step]) -> Step:
    """The same as a final step, before what has no way back."""
    return ValueHold(key=f"hold:{made.env}", **_what(made, steps))


def made_again(
    made: Sequence[Made], begun: Sequence[Step], *, gone: Collection[str], readers: Collection[str]
) -> Iterator[Step]:
    """Bring new values back to where they were published.

    Args:
        made: the steps that made them.
        begun: all steps of that plan.
        gone: the keys of those whose user the server knows no more.
        readers: the consumers that can be reloaded now.
    """
    secrets = {one.secret for one in made}
    for one in made:
        if one.key in gone and isinstance(one, UserCreate):
            yield replace(one, key=f"again-{one.key}", again=True, lives_s=0)
        elif one.key in gone and isinstance(one, AclCreate):
            yield replace(one, key=f"again-{one.key}", again=True)
    for step in begun:
        if isinstance(step, ConsumerKeep) and step.consumer in readers:
            yield _again(step)
    for step in begun:
        if isinstance(step, EnvPublish) and step.secret in secrets:
            yield replace(step, key=f"again-{step.key}", again=True)
        elif isinstance(step, SinkFile | SinkCall) and step.secret in secrets:
            yield _again(step)
    for step in begun:
        if isinstance(step, ConsumerReload) and step.consumer in readers:
            yield _again(step)


def _again(step: Step) -> Step:
    return replace(step, key=f"again-{step.key}")


def _what(made: Made | PasswordChange, steps: Sequence[Step]) -> dict[str, Any]:
    files = [one.path for one in steps if isinstance(one, EnvPublish) and one.secret == made.secret]
    sinks = [
        one.sink
        for one in steps
        if (isinstance(one, SinkFile) or (isinstance(one, SinkCall) and one.readable))
        and one.secret == made.secret
    ]
    where = {"secret": made.secret, "env": made.env, "files": tuple(files), "sinks": tuple(sinks)}
    match made:
        case UserCreate():
            who = {"user": made.user, "like": made.like, "database": made.database}
            return {**where, "server": Kind.MONGODB, **who}
        case PasswordChange():
            who = {"user": made.user, "database": made.database}
            return {**where, "server": Kind.MONGODB, **who}
        case AclCreate():
            return {**where, "server": Kind.REDIS, "user": made.user, "like": made.like}
        case AclAdmit() | AclReplace():
            return {**where, "server": Kind.REDIS, "user": made.user}
        case ValueMake() | ValueTake():
            return where
        case never:
            assert_never(never)
