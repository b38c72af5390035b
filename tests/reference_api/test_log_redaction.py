"""No secret gets past: by a field's name, by a text's form, by the values that are held."""

import base64
import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any
from urllib.parse import quote

import msgspec
import pytest

from skillconnect_ops.core.secret import Secret
from skillconnect_ops.reference_api.logs.redaction import LONGEST, MASK, MOST, Redaction

_MADE = hashlib.sha256(b"a test of the logs").digest()  # the same in each of the test's processes
VALUE = _MADE.hex()[:24] + '/+"ü' + _MADE.hex()[24:36]
WORD = "p4ss%21"
JWT = ".".join(
    base64.urlsafe_b64encode(part).decode().rstrip("=")
    for part in (b'{"alg":"none"}', b'{"sub":"somebody"}', _MADE)
)


@pytest.mark.parametrize(
    "name",
    [
        *("password", "Password", "newPassword", "password_hash", "passwd", "DB_PWD"),
        *("token", "accessToken", "refresh-token", "X-CSRF-Token", "xsrf", "csrfSecret"),
        *("authorization", "Authorization", "Cookie", "set-cookie", "Set-Cookie", "SECRET"),
        *("otp", "totp", "otpCode", "code", "recoveryCodes", "recovery_key", "backup codes"),
        *("apiKey", "API-Key", "x-api-key", "private_key", "jwt", "jwtKey", "credentials", "pin"),
    ],
)
def test_what_stands_under_such_a_name_is_masked(name: str) -> None:
    event = {
        name: VALUE,
        "a": {name: VALUE},
        "b": [{"c": {name: 123456}}],
        "headers": [(name.encode(), b"x"), [name, "y"]],
    }
    assert Redaction().event(event) == {
        name: MASK,
        "a": {name: MASK},
        "b": [{"c": {name: MASK}}],
        "headers": [[name, MASK], [name, MASK]],
    }


@pytest.mark.parametrize(
    "name",
    [*("status_code", "errorCode", "path", "method", "country_code", "key", "author", "keyboard")],
)
def test_other_names_keep_their_values(name: str) -> None:
    assert Redaction().event({name: "ERR_NOT_FOUND_3001"}) == {name: "ERR_NOT_FOUND_3001"}


def test_whether_there_is_a_secret_is_none() -> None:
    event = {"csrf_ok": False, "token": None, "password_changed": True}
    assert Redaction().event(event) == event


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (f"refused {JWT} of", "refused *** of"),
        (f"Authorization: Bearer {VALUE[:20]}", "Authorization: ***"),
        ("a bearer abcdef is bad", "a bearer *** is bad"),
        ("with Basic dXNlcjpwYXNz for", "with Basic *** for"),
        (f"mongodb://me:{WORD}@db:1/x?y", "mongodb://me:***@db:1/x?y"),
        (f"redis://:{WORD}@cache/0 is down", "redis://:***@cache/0 is down"),
        ("/reset?token=abc&next=/home", "/reset?token=***&next=/home"),
        ("/verify?code=123456&a=b", "/verify?code=***&a=b"),
        ("Cookie: a=b; c=d", "Cookie: ***"),
        ("b'set-cookie', b'a=b; c'", "b'set-cookie', ***"),
        ("{'password': 'it is \\'me\\'', 'a': 1}", "{'password': ***, 'a': 1}"),
        ('{"newPassword":"a b","a":1}', '{"newPassword":***,"a":1}'),
        ("Login(password='a b', otp=123456)", "Login(password=***, otp=***)"),
        ("[input_value='hunter22', input_type=str]", "[input_value=***, input_type=str]"),
        ("{'tokens': ['a b', 'c'], 'n': 1}", "{'tokens': ***, 'n': 1}"),
        ("my_new-password: x and", "my_new-password: *** and"),
        (f"?a%3D{JWT}&b", "?a%3D***&b"),
        ('a password="un\\"closed b', "a password=***"),
    ],
    ids=range(18),
)
def test_what_has_a_secrets_form_is_masked_in_any_text(text: str, wanted: str) -> None:
    event = Redaction().event({"event": text, "deep": [{"a": text}], "why": ValueError(text)})
    assert event["event"] == wanted
    assert event["deep"] == [{"a": wanted}]
    assert event["why"] == f"ValueError: {wanted}"


@pytest.mark.parametrize(
    "text",
    [
        "GET /api/v1/bookings/6745f0a1b2c3d4e5f6a7b8c9",
        "http://127.0.0.1:8000/a@b and https://example.test/x",
        "Basic authentication is not offered",
        "Invalid token: it has expired",
        "exit code: 3, status=200, at 12:30:01",
        "user me@example.test logged in",
        "Login(token=None, csrf_ok=True)",
        "a key: value, the code=3, author=me",
        "surveyJane.html and eyJust",
    ],
)
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert Redaction().event({"event": text}) == {"event": text}


@pytest.mark.parametrize(
    "form",
    [
        VALUE,
        quote(VALUE, safe=""),
        msgspec.json.encode(VALUE).decode(),
        repr(VALUE + "'")[1:-2],
        VALUE.encode().hex(),
        base64.b64encode(VALUE.encode()).decode(),
        base64.b64encode(b"me:" + VALUE.encode()).decode(),
        base64.urlsafe_b64encode(b"it:" + VALUE.encode() + b".").decode(),
    ],
    ids=range(8),
)
def test_a_value_that_is_held_is_masked_however_it_is_written(form: str) -> None:
    look = Redaction(lambda: [Secret(VALUE)])
    event = look.event({"event": f"see {form} there", "a": [{form: form}], "b": form.encode()})
    assert MASK in event["event"]
    for at in range(len(form) - 11):
        assert form[at : at + 12] not in str(event)


def test_a_uris_password_is_held_as_well_as_the_uri() -> None:
    password = secrets.token_urlsafe(9) + "@/"
    uri = f"mongodb://me:{quote(password, safe='')}@one,two/db?x=a@b"
    look = Redaction(lambda: [Secret(uri)])
    assert look.event({"event": f"bad login: {password}!"}) == {"event": "bad login: ***!"}
    assert look.event({"event": f"bad login: {quote(password, safe='')}!"}) == {
        "event": "bad login: ***!"
    }
    assert look.event({"event": "one,two answer"}) == {"event": "one,two answer"}


def test_secrets_that_change_are_both_hidden_the_old_and_the_new() -> None:
    held = [Secret("an-old-value")]
    look = Redaction(lambda: held)
    assert look.event({"event": "an-old-value"}) == {"event": MASK}
    held[0] = Secret("the-new-value")
    assert look.event({"event": "an-old-value the-new-value"}) == {"event": "*** ***"}


def test_an_empty_or_tiny_secret_masks_nothing() -> None:
    look = Redaction(lambda: [Secret(""), Secret("a"), Secret(" \n")])
    assert look.event({"event": "a banana"}) == {"event": "a banana"}


class Colour(Enum):
    RED = "red"


@dataclass
class Login:
    user: str
    password: str


class Broken:
    def __repr__(self) -> str:
        raise RuntimeError


def test_what_is_no_plain_data_becomes_text() -> None:
    circle: list[Any] = []
    circle.append(circle)
    event = Redaction().event(
        {
            "login": Login("me", "hunter22"),
            "kept": Secret("x"),
            "colour": Colour.RED,
            "broken": Broken(),
            "when": datetime(2026, 3, 1, tzinfo=UTC),
            "bytes": b"\xffa",
            "half": "\ud800",
            "keys": {1: 2, b"a": {3}},
            "circle": circle,
            "many": range(3),
            "long": list(range(1000)),
        }
    )
    assert event["login"] == "Login(user='me', password=***)"
    assert event["kept"] == MASK
    assert event["colour"] == "red"
    assert event["broken"] == "<Broken>"
    assert event["when"] == "2026-03-01T00:00:00+00:00"
    assert event["bytes"] == "\\xffa"
    assert event["half"] == "\\ud800"
    assert event["keys"] == {"1": 2, "a": [3]}
    assert event["many"] == "range(0, 3)"
    assert len(event["long"]) == MOST
    assert "…" in str(event["circle"])
    assert msgspec.json.encode(event)


def test_of_a_very_long_text_no_half_secret_is_left() -> None:
    look = Redaction(lambda: [Secret(VALUE)])
    text = "word " * (LONGEST // 5 - 1) + "ab " + VALUE + " more"
    assert text[:LONGEST].endswith(VALUE[: LONGEST % 5 + 2])
    assert look.event({"event": text})["event"].endswith(" ab …")
