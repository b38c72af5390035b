"""Two sorts of key, told apart by their form; what is neither is never shown."""

import secrets
import uuid

import pytest

from skillconnect_ops.adapters.atlas import AtlasAccounts
from skillconnect_ops.adapters.atlas.credentials import (
    ApiKey,
    CredentialsMalformed,
    ServiceAccount,
    parse,
)
from skillconnect_ops.core.secret import Secret
from tests.adapters.atlas.server import Clock

ID = "mdb_sa_id_" + secrets.token_hex(12)
SECRET = "mdb_sa_sk_" + secrets.token_urlsafe(30)
PUBLIC = "abcdefgh"
PRIVATE = str(uuid.uuid4())


def test_a_service_account_is_told_by_its_prefixes() -> None:
    found = parse(Secret(f"{ID}:{SECRET}\n"), origin="X")
    assert found == ServiceAccount(Secret(ID), Secret(SECRET))
    assert SECRET not in repr(found)
    assert ID not in repr(found)


def test_an_api_key_is_told_by_its_uuid() -> None:
    found = parse(Secret(f"{PUBLIC}:{PRIVATE}"), origin="X")
    assert found == ApiKey(Secret(PUBLIC), Secret(PRIVATE))
    assert PRIVATE not in repr(found)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        (" \n", "empty"),
        ("SECRET", "one half alone"),
        ("PRIVATE", "one half alone"),
        ("SECRET:ID", "wrong order"),
        ("PRIVATE:PUBLIC", "wrong order"),
        ("ID:PRIVATE", "no client secret"),
        ("PUBLIC:SECRET", "no client id"),
        (":PRIVATE", "no public key"),
        ("mongodb+srv://u:hunter2@c.example.net/app", "connection string"),
        ("user:hunter2", "neither the form"),
        ("ID:SECRET:x", "no client secret"),
    ],
)
def test_anything_else_is_a_clear_error_without_the_value(text: str, why: str) -> None:
    values = {"SECRET": SECRET, "PRIVATE": PRIVATE, "PUBLIC": PUBLIC, "ID": ID}
    text = ":".join(values.get(part, part) for part in text.split(":"))
    with pytest.raises(CredentialsMalformed) as raised:
        AtlasAccounts("0" * 24, Secret(text), clock=Clock(), origin="SKC_ATLAS")
    error = raised.value
    assert "SKC_ATLAS" in error.what
    assert why in error.why
    said = f"{error.what} {error.why} {error.fix} {error!r}"
    for half in (SECRET, PRIVATE, ID, "hunter2"):
        assert half not in said
