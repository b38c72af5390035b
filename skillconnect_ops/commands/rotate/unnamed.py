"""Credentials in the env files that `skc.yaml` does not name: a rotation passes them by."""

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.rotate.choice import configured, variables_of
from skillconnect_ops.core.settings.model import Target
from skillconnect_ops.envfile import credentials


def unnamed(house: House, target: Target) -> tuple[str, ...]:
    """The variables that look like credentials and belong to no entry of `secrets:`."""
    named = {env for one in configured(target).values() for env in variables_of(one)}
    found = credentials(house.env_values(target))
    return tuple(one.env for one in found if one.env not in named)


def notes(house: House, target: Target) -> tuple[str, ...]:
    """What to say of them; nobody is to believe that all is renewed when it is not."""
    left = unnamed(house, target)
    said = f"warning: not in skc.yaml, so not renewed: {', '.join(left)}"
    return (f"{said}; name what is to be rotated below secrets there",) if left else ()
