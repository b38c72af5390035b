"""Looking many values up at once gives what looking up each gives."""

import secrets

from skillconnect_ops.evidence import retired_keys
from skillconnect_ops.evidence.forms import forms, is_plain


def test_many_forms_are_known_by_the_fingerprints_that_each_has() -> None:
    key = retired_keys.make()
    texts = [secrets.token_hex(number) for number in range(1, 90)] + ["ä" * 70, "\udcff", " x y"]
    wanted = set(texts[::3])
    digests = frozenset(bytes.fromhex(key.fingerprint(text)) for text in wanted)
    assert set(key.known(texts, digests)) == wanted


def test_a_plain_value_has_one_form_itself() -> None:
    for text in ("abc", "a b", "a:b@c", "\x1f"):
        assert not is_plain(text) or forms(text) == (text,)
    for text in (" abc", "abc\n", "a%20b", "mongodb://a:b@c"):
        assert not is_plain(text)
