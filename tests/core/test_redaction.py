"""A secret is taken out of what somebody else has written, in whichever form it stands there."""

import base64
import hashlib
import json
from urllib.parse import quote

import pytest

from skillconnect_ops.core.redaction import redacted
from skillconnect_ops.core.secret import Secret

VALUE = hashlib.sha256(b"a test of the mask").hexdigest()[:30] + '/+ü"%'


@pytest.mark.parametrize(
    "form",
    [
        VALUE,
        VALUE[:20],
        VALUE[5:],
        quote(VALUE, safe=""),
        json.dumps(VALUE),
        VALUE.encode().hex(),
        base64.b64encode(VALUE.encode()).decode(),
        base64.b64encode(b"user:" + VALUE.encode()).decode(),
        base64.urlsafe_b64encode(b"me:" + VALUE.encode() + b".").decode(),
    ],
    ids=range(9),
)
def test_no_eight_letters_of_it_are_left(form: str) -> None:
    said = redacted(f"cannot log in with {form} at the vault", [Secret(VALUE)])
    assert said.startswith("cannot log in with ")
    assert said.endswith(" at the vault")
    inner = said.removeprefix("cannot log in with ").removesuffix(" at the vault")
    assert "***" in inner
    assert not [at for at in range(len(form) - 11) if form[at : at + 12] in inner]


def test_a_short_one_is_masked_whole_and_other_text_stays() -> None:
    assert redacted("the pin 4711 is wrong, 471 is not it", [Secret("4711")]) == (
        "the pin *** is wrong, 471 is not it"
    )
    assert redacted("nothing here", [Secret("x"), Secret("")]) == "nothing here"
