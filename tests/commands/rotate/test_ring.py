"""The ring: nothing is lost on the way to the environment and back, nor between two deploys."""

import json
import logging
import secrets
import subprocess
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from skillconnect_ops.commands.rotate import ring as rings
from skillconnect_ops.commands.rotate.errors import (
    KeyInUse,
    KeyTooShort,
    MalformedRing,
    NoSigningKey,
    NotStaged,
    SharedKey,
    StageExpired,
)
from skillconnect_ops.commands.rotate.ring import (
    RESTARTS,
    Entry,
    Ring,
    assert_apart,
    overlap_for,
    read,
    too_short,
    variables,
)
from skillconnect_ops.core.errors import SkcError
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.envfile import EnvFile, parse
from tests.envfile import real_readers
from tests.programs import needs

NOW = datetime(2026, 11, 28, 12, 0, 0, tzinfo=UTC)
NAMES = ("JWT_SECRET_KEY", "ADMIN_JWT_SECRET_KEY")
DAY = timedelta(days=1)

texts = st.text(st.characters(codec="utf-8"), min_size=1, max_size=60)
legacy_keys = texts.map(Secret)
new_keys = st.binary(min_size=32, max_size=32).map(
    lambda raw: Secret(rings._packed(Secret(raw.hex()))[:43])
)
moments = st.integers(0, 253_402_300_799).map(lambda s: datetime.fromtimestamp(s, UTC))
entries = st.builds(Entry, legacy_keys, moments)
any_ring = st.builds(
    Ring,
    legacy_keys,
    st.lists(entries, max_size=4).map(tuple),
    st.none() | st.integers(0, 253_402_300_799),
)
nearly = st.from_regex(r"v1\.[A-Za-z0-9_-]{1,9}\.[0-9]{1,13}(,v1\.\w+\.0)?", fullmatch=True)
times = st.integers(0, 400 * 24 * 3600).map(lambda s: NOW + timedelta(seconds=s))


def key() -> Secret:
    return Secret(secrets.token_urlsafe(32))


def got(held: Mapping[str, Secret | None]) -> Callable[[str], str | None]:
    return lambda name: None if (value := held.get(name)) is None else value.reveal()


def read_text(**held: str) -> Ring:
    return read("K", held.get)


# Reading and writing


@settings(deadline=None)
@given(any_ring, st.sampled_from(NAMES))
def test_what_is_written_is_read_again(ring: Ring, name: str) -> None:
    assert read(name, got(variables(name, ring))) == ring


@settings(deadline=None)
@given(texts, texts | nearly)
def test_no_list_is_half_understood(signing: str, listed: str) -> None:
    """Either every byte comes out again as it went in, or a person is told."""
    held = {"K": signing, "K_FALLBACKS": listed}
    try:
        ring = read("K", held.get)
    except MalformedRing:
        return
    again = variables("K", ring)["K_FALLBACKS"]
    assert again is not None
    assert again.reveal() == listed


@pytest.mark.parametrize(
    ("listed", "why"),
    [
        ("v1.YWJj.1,", "comma too many"),
        (",v1.YWJj.1", "comma too many"),
        ("v1.YWJj.1, v1.YWJj.1", "not of the form"),
        ("v2.YWJj.1", "version 2"),
        ("YWJj", "not of the form"),
        ("v1.YWJj", "not of the form"),
        ("v1.YWJj.01", "not of the form"),
        ("v1.YWJj.-1", "not of the form"),
        ("v1.YWJj.1\n", "not of the form"),
        ("v1.YWJj.٣", "not of the form"),
        ("v1.YW=.1", "not of the form"),
        ("v1.YWJjZ.1", "not the base64url"),  # one letter is no byte
        ("v1.YWK.1", "not the base64url"),  # bits that belong to nothing
        ("v1._____w.1", "not the base64url"),  # no UTF-8
        ("v1.YWJj.1790000000000", "not of the form"),
        ("v1.YWJj.999999999999", "milliseconds"),
    ],
)
def test_a_foreign_or_broken_entry_is_told_with_its_place(listed: str, why: str) -> None:
    with pytest.raises(MalformedRing) as caught:
        read_text(K="signs", K_FALLBACKS="v1.YWJj.5," + listed)
    assert why in caught.value.why
    assert "of K_FALLBACKS" in caught.value.what
    said = f"{caught.value.what} {caught.value.why} {caught.value.fix}"
    assert "YW" not in said
    assert "signs" not in said


@pytest.mark.parametrize("floor", ["soon", "-1", "1.5", "01", " 1", "9" * 13])
def test_a_floor_that_is_no_time_is_told(floor: str) -> None:
    with pytest.raises(MalformedRing, match="K_MIN_IAT cannot be read"):
        read_text(K="signs", K_MIN_IAT=floor)


@pytest.mark.parametrize("held", [{}, {"K": ""}])
def test_without_a_key_that_signs_there_is_no_ring(held: dict[str, str]) -> None:
    with pytest.raises(NoSigningKey) as caught:
        read("K", held.get)
    assert caught.value.fix.endswith("--env K")


def test_a_key_that_is_not_utf8_is_told() -> None:
    with pytest.raises(MalformedRing, match="K cannot be read"):
        read_text(K="a\udcffb")


def test_an_app_that_knows_no_ring_finds_its_key_under_its_name() -> None:
    ring = Ring(key()).staged(key(), not_after=NOW + DAY)
    assert variables("K", ring)["K"] == ring.signing


def test_nothing_of_a_ring_is_shown() -> None:
    ring = Ring(Secret("clear"), (Entry(Secret("text"), NOW),))
    assert "clear" not in repr(ring)
    assert "text" not in repr(ring)
    assert "clear" not in repr(variables("K", ring))


@pytest.mark.parametrize("moment", [datetime(2026, 1, 1), NOW.replace(microsecond=1)])  # noqa: DTZ001
def test_an_end_is_aware_and_in_whole_seconds(moment: datetime) -> None:
    with pytest.raises(ValueError, match="whole seconds"):
        Entry(key(), moment)


# The readers of env files

AWKWARD = (
    "a,b.c",
    'it\'s "quoted" `so` $HOME ${HOME} \\n',
    "ключ-密钥-🔑",
    " spaced # and commented ",
    "line\r\nline",
    "=",
    "v1.YWJj.5",
)


def with_ring(file: EnvFile, name: str, ring: Ring) -> EnvFile:
    for variable, value in variables(name, ring).items():
        if value is None:
            file = file.without(variable)
        else:
            file = file.with_value(variable, value.reveal())
    return file


@settings(deadline=None)
@given(st.lists(st.builds(Entry, st.sampled_from(AWKWARD).map(Secret), moments), max_size=4))
def test_every_reader_is_foretold_to_read_it_alike(listed: list[Entry]) -> None:
    ring = Ring(key(), tuple(listed), min_iat=1_790_000_000)
    file = with_ring(parse(b"A=1\n"), "JWT_SECRET_KEY", ring)
    assert b"'" not in file.bytes()
    assert b'"' not in file.bytes()
    for reading in file.readings.values():
        assert reading.trouble is None
        assert read("JWT_SECRET_KEY", reading.values.get) == ring


def test_the_real_readers_read_it_alike(tmp_path: Path) -> None:
    ring = Ring(key(), tuple(Entry(Secret(text), NOW) for text in AWKWARD), min_iat=7)
    path = tmp_path / ".env"
    bare = Ring(key())
    file = with_ring(with_ring(parse(b""), NAMES[0], ring), NAMES[1], bare)
    path.write_bytes(file.bytes())
    logging.getLogger("dotenv.main").disabled = True
    by_python = real_readers.with_python_dotenv(file.bytes(), path)
    shown = "console.log(JSON.stringify(process.env))"
    node = real_readers.node()
    by_node = json.loads(said(node, f"--env-file={path}", "-e", shown))
    script = f"set -a; . {path}; exec {node} -e '{shown}'"
    by_bash = json.loads(said(needs("bash"), "--norc", "-c", script))
    for found in (by_python, by_node, by_bash):
        assert read(NAMES[0], found.get) == ring
        assert read(NAMES[1], found.get) == bare
        assert found[f"{NAMES[1]}_FALLBACKS"] == ""


def said(*argv: str) -> str:
    return subprocess.run(argv, check=True, capture_output=True, text=True, env={}).stdout


# The transitions


def test_a_rotation_is_three_deploys_and_each_accepts_what_its_neighbour_signs() -> None:
    old, new = key(), key()
    first = Ring(old)
    staged = first.staged(new, not_after=NOW + DAY)
    swapped = staged.swapped(new, now=NOW, overlap=DAY)
    retired = swapped.retired(NOW + DAY)
    assert staged.signing == old
    assert swapped.signing == new
    assert swapped.fallbacks == (Entry(old, NOW + DAY),)
    assert retired == Ring(new)
    for before, after in ((first, staged), (staged, swapped)):
        assert before.signing in after.verifying(NOW)
        assert after.signing in before.verifying(NOW + RESTARTS)
    assert retired.signing in swapped.verifying(NOW)


@settings(deadline=None)
@given(any_ring, new_keys, times, times, st.integers(1, 10**6))
def test_every_transition_may_be_repeated(
    ring: Ring, new: Secret, until: datetime, later: datetime, seconds: int
) -> None:
    """Also a while later, as a resume does; and what other keys do is as before."""
    assume(new not in ring.keys)
    overlap = timedelta(seconds=seconds)
    staged = ring.staged(new, not_after=until)
    assert staged.staged(new, not_after=until) == staged
    assert staged.signing == ring.signing
    assert staged.fallbacks[:-1] == ring.fallbacks
    now = until - RESTARTS
    swapped = staged.swapped(new, now=now, overlap=overlap)
    assert swapped.swapped(new, now=later, overlap=overlap * 2) == swapped
    assert swapped.signing == new
    assert ring.verifying(now) | {new} == swapped.verifying(now)
    retired = swapped.retired(later)
    assert retired.retired(later) == retired
    assert retired.verifying(later) == swapped.verifying(later) == retired.keys
    leaked = swapped.leaked(new)
    assert leaked.leaked(new) == leaked
    assert {each.min_iat for each in (staged, swapped, retired, leaked)} == {ring.min_iat}


@settings(deadline=None)
@given(any_ring, new_keys, times)
def test_after_a_leak_no_other_key_verifies(ring: Ring, new: Secret, now: datetime) -> None:
    assume(new not in ring.keys)
    assert ring.leaked(new).verifying(now) == {new}
    assert ring.leaked(new).keys == {new}


@settings(deadline=None)
@given(st.datetimes(timezones=st.just(UTC), min_value=datetime(2020, 1, 1)))  # noqa: DTZ001
def test_an_overlap_is_never_shorter_than_was_said(now: datetime) -> None:
    old, new = key(), key()
    assume(now < datetime(9000, 1, 1, tzinfo=UTC))
    swapped = Ring(old).staged(new, not_after=now + DAY).swapped(new, now=now, overlap=DAY)
    (entry,) = swapped.fallbacks
    assert timedelta(0) <= entry.not_after - (now + DAY) < timedelta(seconds=1)


def test_of_two_ends_the_later_one_holds() -> None:
    new = key()
    staged = Ring(key()).staged(new, not_after=NOW + DAY)
    assert staged.staged(new, not_after=NOW) == staged
    assert staged.staged(new, not_after=NOW + 2 * DAY).fallbacks == (Entry(new, NOW + 2 * DAY),)


def test_a_key_is_over_at_its_end_and_not_before() -> None:
    entry = Entry(key(), NOW)
    ring = Ring(key(), (entry,))
    assert entry.key in ring.verifying(NOW - timedelta(seconds=1))
    assert entry.key not in ring.verifying(NOW)
    assert ring.retired(NOW - timedelta(seconds=1)) == ring
    assert ring.retired(NOW).fallbacks == ()


def test_a_key_may_be_retired_early_but_not_the_one_that_signs() -> None:
    old, other = Entry(key(), NOW + DAY), Entry(key(), NOW + DAY)
    ring = Ring(key(), (old, other))
    assert ring.retired(NOW, early={old.key}).fallbacks == (other,)
    with pytest.raises(KeyInUse):
        ring.retired(NOW, early={ring.signing})


def test_the_overlap_covers_tokens_of_the_last_instance_that_was_restarted() -> None:
    minutes = timedelta(minutes=1)
    assert overlap_for(7 * DAY, skew=minutes, restarts=5 * minutes) == 7 * DAY + 6 * minutes


def test_what_was_not_staged_is_not_swapped() -> None:
    with pytest.raises(NotStaged):
        Ring(key()).swapped(key(), now=NOW, overlap=DAY)


def test_what_ends_before_the_restarts_is_not_swapped() -> None:
    new = key()
    staged = Ring(key()).staged(new, not_after=NOW + RESTARTS)
    staged.swapped(new, now=NOW, overlap=DAY)
    with pytest.raises(StageExpired):
        staged.swapped(new, now=NOW + timedelta(seconds=1), overlap=DAY)


def test_a_key_does_not_follow_itself() -> None:
    old = key()
    with pytest.raises(KeyInUse):
        Ring(old).staged(old, not_after=NOW)


def test_a_key_that_lay_beside_the_leaked_one_does_not_replace_it() -> None:
    new = key()
    with pytest.raises(KeyInUse) as caught:
        Ring(key()).staged(new, not_after=NOW + DAY).leaked(new)
    assert "beside the key that leaked" in caught.value.why


@pytest.mark.parametrize("text", ["a" * 31, "é" * 15])
def test_a_short_key_does_not_become_the_new_one(text: str) -> None:
    transitions: tuple[Callable[[], Ring], ...] = (
        lambda: Ring(key()).leaked(Secret(text)),
        lambda: Ring(key()).staged(Secret(text), not_after=NOW),
    )
    for transition in transitions:
        with pytest.raises(KeyTooShort):
            transition()
    assert Ring(key()).leaked(Secret("é" * 16)).signing == Secret("é" * 16)


def test_short_keys_that_are_there_are_told_and_not_shown() -> None:
    ring = Ring(Secret("hunter2"), (Entry(key(), NOW), Entry(Secret("geheim"), NOW)))
    assert too_short("K", ring) == (
        "K has 7 bytes; HS256 needs 32 (RFC 7518, 3.2)",
        "entry 2 of K_FALLBACKS has 6 bytes; HS256 needs 32 (RFC 7518, 3.2)",
    )
    assert too_short("K", Ring(key())) == ()


def test_the_users_and_the_administrators_share_no_key() -> None:
    users, admins = Ring(key()), Ring(key())
    assert_apart(dict(zip(NAMES, (users, admins), strict=True)))
    for shared in (users, Ring(key(), (Entry(users.signing, NOW),))):
        with pytest.raises(SharedKey, match="JWT_SECRET_KEY and ADMIN_JWT_SECRET_KEY share a key"):
            assert_apart(dict(zip(NAMES, (users, shared), strict=True)))


def test_no_error_holds_a_key() -> None:
    old, new = key(), key()
    ring = Ring(old).staged(new, not_after=NOW)
    transitions: tuple[Callable[[], Ring], ...] = (
        lambda: ring.leaked(new),
        lambda: ring.staged(old, not_after=NOW),
        lambda: ring.swapped(new, now=NOW, overlap=DAY),
        lambda: ring.retired(NOW, early={old}),
    )
    for transition in transitions:
        with pytest.raises(SkcError) as caught:
            transition()
        said = f"{caught.value.what} {caught.value.why} {caught.value.fix}"
        assert old.reveal() not in said
        assert new.reveal() not in said
