"""The program reads rings of keys as `skc rotate` writes them, and as the shipped reader does."""

import json
import os
import secrets
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skillconnect_ops.commands.rotate import ring as written
from skillconnect_ops.commands.rotate.kid import generation as rotates
from skillconnect_ops.core.resources import template
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.reference_api.proofs import ring
from tests.programs import needs

NAME = "JWT_SECRET_KEY"


def made(*, fallbacks: int = 0, min_iat: int | None = None) -> tuple[dict[str, str], list[str]]:
    """The variables of a ring as `skc rotate` writes it, and its keys, the signing one first."""
    hour = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
    keys = [secrets.token_urlsafe(32) for _ in range(fallbacks + 1)]
    entries = tuple(written.Entry(Secret(key), hour) for key in keys[1:])
    held = written.variables(NAME, written.Ring(Secret(keys[0]), entries, min_iat))
    return {name: value.reveal() for name, value in held.items() if value is not None}, keys


def test_it_reads_what_rotate_writes() -> None:
    variables, keys = made(fallbacks=2, min_iat=17)
    found = ring.read(variables, NAME)
    assert [key.secret.reveal() for key in found.keys] == keys
    assert found.min_iat == 17
    assert found.signing.secret.reveal() == keys[0]
    assert [key.secret.reveal() for key in found.verifying(time.time())] == keys


def test_a_fallback_verifies_until_its_time_is_over() -> None:
    variables, keys = made(fallbacks=1)
    (_, end), *_ = ring.read(variables, NAME).fallbacks
    found = ring.read(variables, NAME)
    assert [key.secret.reveal() for key in found.verifying(end - 1)] == keys
    assert [key.secret.reveal() for key in found.verifying(end)] == keys[:1]


def test_a_named_key_is_tried_alone_and_an_unknown_name_leaves_all() -> None:
    variables, keys = made(fallbacks=1)
    found = ring.read(variables, NAME)
    kid = found.keys[1].kid
    assert kid is not None
    assert [key.secret.reveal() for key in found.verifying(time.time(), kid)] == keys[1:]
    assert [key.secret.reveal() for key in found.verifying(time.time(), "unknown")] == keys


@pytest.mark.parametrize(
    "variables",
    [
        {f"{NAME}_FALLBACKS": "v2.abc.1"},
        {f"{NAME}_FALLBACKS": "v1.abc"},
        {f"{NAME}_FALLBACKS": "v1.abc.01"},
        {f"{NAME}_FALLBACKS": "v1.a.5"},
        {f"{NAME}_FALLBACKS": "v1._w.5"},
        {f"{NAME}_FALLBACKS": ","},
        {f"{NAME}_MIN_IAT": "soon"},
        {f"{NAME}_MIN_IAT": "-1"},
    ],
    ids=str,
)
def test_what_is_no_ring_is_refused_without_a_word_of_it(variables: dict[str, str]) -> None:
    with pytest.raises(ring.Malformed) as refused:
        ring.read({NAME: secrets.token_urlsafe(32), **variables}, NAME)
    for value in variables.values():
        assert value not in str(refused.value) or value == ","


@settings(max_examples=40)  # each is looked up among a hundred thousand words
@given(st.one_of(st.text(max_size=80), st.binary(min_size=32, max_size=48).map(bytes.hex)))
def test_a_generation_is_called_as_rotate_calls_it(text: str) -> None:
    """But for what `skc` knows to be weak by its meaning: it names less, never otherwise."""
    theirs = rotates(Secret(text))
    assert theirs is None or ring.generation(Secret(text)) == theirs


def test_the_password_in_a_uri_is_what_is_named() -> None:
    password = secrets.token_urlsafe(32)
    uri = Secret(f"mongodb://app:{password}@127.0.0.1/db")
    assert ring.generation(uri) == ring.generation(Secret(password)) == rotates(uri)
    assert ring.generation(Secret("redis://127.0.0.1")) is None
    assert ring.password_of("redis://:a%2Fb@127.0.0.1") == "a/b"


def test_the_shipped_reader_names_the_same_keys(tmp_path: Path) -> None:
    variables, _ = made(fallbacks=2)
    (tmp_path / "ring.cjs").write_text(template("express/jwt-ring.cjs"))
    script = f"console.log(JSON.stringify(require('./ring.cjs').loaded('{NAME}')))"
    ran = subprocess.run(
        [needs("node"), "-e", script],
        cwd=tmp_path,
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        check=True,
    )
    assert json.loads(ran.stdout) == {NAME: [key.kid for key in ring.read(variables, NAME).keys]}
