"""Looks how the new values of a rotation stand, before their old ones end; nothing is changed."""

from hashlib import sha256

import msgspec

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.rotate.acl_making import AclCreate
from skillconnect_ops.commands.rotate.acl_server import managed
from skillconnect_ops.commands.rotate.choice import configured
from skillconnect_ops.commands.rotate.kid import generation
from skillconnect_ops.commands.rotate.plan import Stands, made_in
from skillconnect_ops.commands.rotate.user_steps import UserCreate
from skillconnect_ops.commands.rotate.users import rights_of
from skillconnect_ops.commands.rotate.values import published
from skillconnect_ops.core.errors import SkcError
from skillconnect_ops.core.plan import Plan
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.settings.model import Target


def stands(house: House, target: Target, begun: Plan) -> Stands:
    """What the env files hold, told apart without a secret, and the new users at their servers.

    Raises:
        SkcError: a file or a server cannot be looked at.
    """
    identity, gone = list[str](), list[str]()
    for made in made_in(begun):
        for path, value in published(house, target, made.env):
            identity.append(f"{made.env} {path} {_mark(house, target, value)}")
        if isinstance(made, UserCreate):
            with house.accounts(target) as accounts:
                account = accounts.find(made.user, made.database)
            known = None if account is None else rights_of(account)
        elif isinstance(made, AclCreate) and made.secret in configured(target):
            settings = configured(target)[made.secret]
            with managed(house, settings, user=made.like) as acl:
                user = acl.find(made.user)
            plain = None if user is None else msgspec.json.encode(str(user.rights))
            known = None if plain is None else sha256(plain).hexdigest()
        else:
            continue
        identity.append(f"{made.user} {known}")
        if known is None:
            gone.append(made.key)
    return Stands(identity=tuple(identity), gone=tuple(gone))


def _mark(house: House, target: Target, value: str) -> str:
    """Whose login it is, and which generation; of a weak value nothing more is told."""
    try:
        user = house.logins(target).address(Secret(value)).user
    except SkcError:
        user = ""
    return f"{user} {generation(Secret(value))}"
