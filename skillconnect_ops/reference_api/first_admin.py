"""The first administrator: made by who runs the program, never by a request."""

import re

from skillconnect_ops.core.secret import Secret
from skillconnect_ops.reference_api import accounts
from skillconnect_ops.reference_api.models.fields import Role
from skillconnect_ops.reference_api.proofs import passwords
from skillconnect_ops.reference_api.settings import Settings
from skillconnect_ops.reference_api.stores import Loaded


class Refused(Exception):
    """Such an administrator is not made."""


async def make(settings: Settings, *, email: str, password: str) -> None:
    """Make one; a second factor is theirs to set up, and administration needs it.

    Raises:
        Refused: the address or the password is none, or there is such an account.
    """
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", email):
        raise Refused("it is no mail address")
    if len(password) < passwords.LEAST or passwords.problem(password, email):
        raise Refused(f"the password has less than {passwords.LEAST} characters, or is easy")
    loaded = Loaded(settings)
    try:
        users = loaded.database[accounts.USERS]
        if await users.find_one({"email": email.lower()}, {"_id": 1}):
            raise Refused("there is such an account")
        await users.insert_one(
            accounts.new_document(
                password_hash=await passwords.hashed(Secret(password)),
                role=Role.ADMIN,
                email=email.lower(),
                username=f"admin-{email.lower().partition('@')[0]}"[:30],
                firstName="Admin",
                lastName="Admin",
                phone="0",
            )
        )
    finally:
        await loaded.close()
