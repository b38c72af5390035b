"""Disguises: anchors are encoded in a form when a content first holds what that form looks like."""

import base64
from collections.abc import Callable

import pytest

from skillconnect_ops.history.encodings import Disguises, Form

ANCHORS = (b"password", b"mongodb://", b"ghp_")
FORMS: dict[Form, Callable[[str], bytes]] = {
    Form.BASE64: lambda text: base64.b64encode(text.encode()),
    Form.HEX: lambda text: text.encode().hex().encode(),
    Form.URL: lambda text: "".join(f"%{ord(one):02X}" for one in text).encode(),
    Form.ESCAPED: lambda text: "".join(f"\\u{ord(one):04x}" for one in text).encode(),
    Form.UTF16_LE: lambda text: text.encode("utf-16-le"),
    Form.UTF16_BE: lambda text: b"\0\0" + text.encode("utf-16-be"),
}
TEXT = "the password=of nobody"


def seen(disguises: Disguises, content: bytes) -> list[tuple[Form, bytes]]:
    return [(one.form, one.content.strip(b"\0")) for one in disguises.undone(content)]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("before", FORMS)
def test_each_form_is_undone_whatever_came_before(form: Form, before: Form) -> None:
    disguises = Disguises(ANCHORS)
    assert list(disguises.undone(b"nothing")) == []
    for one in (before, form):
        assert (one, TEXT.encode()) in seen(disguises, FORMS[one](TEXT))


def test_a_stretch_may_be_searched_before_the_next_one_is_taken() -> None:
    """That another form is met within must not confuse the search that goes on outside."""
    disguises = Disguises(ANCHORS)
    content = b" ".join(base64.b64encode(f"{one} {TEXT}".encode()) for one in ("a", "b", "c"))
    found = []
    for stretch in disguises.undone(content):
        found.append((stretch.form, stretch.content))
        for form in FORMS.values():
            assert list(disguises.undone(form(TEXT)))
    assert found == [(Form.BASE64, f"{one} {TEXT}".encode()) for one in ("a", "b", "c")]


def test_all_forms_are_undone_after_much_was_seen() -> None:
    disguises = Disguises(ANCHORS)
    assert list(disguises.undone(b" " * (9 << 20))) == []
    for form, disguise in FORMS.items():
        assert (form, TEXT.encode()) in seen(disguises, disguise(TEXT))
