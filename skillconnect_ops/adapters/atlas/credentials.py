"""The key to an Atlas project as it stands in one variable; pure."""

import re

from msgspec import Struct

from skillconnect_ops.core.ports.database import DatabaseError
from skillconnect_ops.core.secret import Secret

_CLIENT_ID = re.compile(r"mdb_sa_id_[A-Za-z0-9]{8,64}", re.ASCII)
_CLIENT_SECRET = re.compile(r"mdb_sa_sk_[A-Za-z0-9_-]{8,256}", re.ASCII)
_PUBLIC = re.compile(r"[A-Za-z0-9]{4,64}", re.ASCII)
_PRIVATE = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}", re.ASCII)
_FIX = (
    "write CLIENT_ID:CLIENT_SECRET of a service account (mdb_sa_id_…:mdb_sa_sk_…), "
    "or PUBLIC_KEY:PRIVATE_KEY of an API key"
)


class ServiceAccount(Struct, frozen=True):
    """OAuth 2.0 client credentials (RFC 6749, section 4.4)."""

    client_id: Secret
    client_secret: Secret


class ApiKey(Struct, frozen=True):
    """The two halves of an API key, for HTTP digest (RFC 7616)."""

    public: Secret
    private: Secret


Credentials = ServiceAccount | ApiKey


class CredentialsMalformed(DatabaseError):
    """What the variable holds is neither a service account nor an API key."""


def parse(credentials: Secret, *, origin: str) -> Credentials:
    """Tell a service account from an API key by its form.

    Args:
        credentials: `mdb_sa_id_…:mdb_sa_sk_…`, or `publickey:uuid`.
        origin: which variable it came from, for the error.

    Raises:
        CredentialsMalformed: it is neither; the words hold nothing of the value.
    """
    text = credentials.reveal().strip()
    first, colon, second = text.partition(":")
    if _CLIENT_ID.fullmatch(first) and _CLIENT_SECRET.fullmatch(second):
        return ServiceAccount(Secret(first), Secret(second))
    if _PUBLIC.fullmatch(first) and _PRIVATE.fullmatch(second):
        return ApiKey(Secret(first), Secret(second))
    raise CredentialsMalformed(
        f"{origin} holds no key to the Atlas Admin API",
        why=_fault(text, first, colon, second),
        fix=_FIX,
    )


def _fault(text: str, first: str, colon: str, second: str) -> str:
    """What is wrong, the most telling first."""
    uri = text.startswith(("mongodb://", "mongodb+srv://"))
    swapped = _CLIENT_SECRET.fullmatch(first) or _PRIVATE.fullmatch(first)
    faults = (
        (not text, "it is empty"),
        (uri, "it is a connection string, which the Admin API does not take"),
        (not colon, "it is one half alone; two are joined by a colon"),
        (swapped, "the two halves are in the wrong order"),
        (
            _CLIENT_ID.fullmatch(first),
            "after the colon stands no client secret, which begins with mdb_sa_sk_",
        ),
        (
            _CLIENT_SECRET.fullmatch(second),
            "before the colon stands no client id, which begins with mdb_sa_id_",
        ),
        (
            _PRIVATE.fullmatch(second),
            "before the colon stands no public key, which is a few letters",
        ),
    )
    told = next((words for found, words in faults if found), None)
    return told or "it has neither the form of a service account nor that of an API key"
