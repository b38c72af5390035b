"""The first administrator: made by who runs the program, never by a request."""

import re
import secrets

from pydantic import TypeAdapter, ValidationError
from pymongo.errors import DuplicateKeyError, PyMongoError

from skillconnect_ops.core.secret import Secret
from skillconnect_ops.reference_api import accounts
from skillconnect_ops.reference_api.models.fields import Email, Role
from skillconnect_ops.reference_api.proofs import passwords
from skillconnect_ops.reference_api.settings import Settings
from skillconnect_ops.reference_api.stores import Loaded

_LONGEST_START = 15
"""Of the address, in the user name; the rest is drawn, so that it is nobody else's."""


class Refused(Exception):
    """Such an administrator is not made."""


async def make(settings: Settings, *, email: str, password: str) -> None:
    """Make one; a second factor is theirs to set up, and administration needs it.

    Raises:
        Refused: the address or the password is none that a login takes, there is such an account,
            or the database does not make it.
    """
    try:
        address: str = TypeAdapter(Email).validate_python(email)
    except ValidationError as error:
        raise Refused("it is no mail address that a login takes") from error
    if not passwords.LEAST <= len(password) <= passwords.MOST:
        raise Refused(f"a password has {passwords.LEAST} to {passwords.MOST} characters")
    if problem := passwords.problem(password, address):
        raise Refused(f"the password will not do: {problem}")
    loaded = Loaded(settings)
    try:
        await _insert(loaded, address, password)
    except DuplicateKeyError as error:
        raise Refused("there is such an account") from error
    except PyMongoError as error:  # its words may hold hosts and users
        kind = type(error).__name__
        raise Refused(f"the database is not there, or does not let us ({kind})") from error
    finally:
        await loaded.close()


async def _insert(loaded: Loaded, address: str, password: str) -> None:
    users = loaded.database[accounts.USERS]
    if await users.find_one({"email": address}, {"_id": 1}):
        raise Refused("there is such an account")
    start = re.sub(r"[^a-z0-9_.-]", "-", address.partition("@")[0])[:_LONGEST_START]
    await users.insert_one(
        accounts.new_document(
            password_hash=await passwords.hashed(Secret(password)),
            role=Role.ADMIN,
            email=address,
            username=f"admin-{start}-{secrets.token_hex(4)}",
            firstName="Admin",
            lastName="Admin",
            phone="0",
        )
    )
