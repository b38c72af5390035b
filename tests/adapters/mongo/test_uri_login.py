"""Another login in a connection string: every driver reads it back, and nothing else moves."""

import random
import warnings
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymongo.uri_parser import parse_uri

from skillconnect_ops.adapters.mongo import parse, with_login, with_password
from skillconnect_ops.core.ports.database import MalformedUri
from skillconnect_ops.core.secret import Secret

AWKWARD = "%+:@/?#[] &='\"\\$,;`{}<>|^~._-é漢\U0001f511\x00\n\t"
TEXT = st.text(st.one_of(st.sampled_from(AWKWARD), st.characters(codec="utf-8")), min_size=1)
HEADS = ("mongodb://", "mongodb+srv://")
LOGINS = ("", "a:b@", "us%40er:p%2Bw%2f@", "a+b:@", "a@")
TAILS = (
    "127.0.0.1",
    "h1,H2:27018,[::1]:3",
    "h1/app",
    "h1/",
    "h1/?retryWrites=true&W=majority",
    "h1/app?authSource=admin&authsource=x&appName=a%20b&tls=false",
    "h1/app?replicaSet=rs0&readPreferenceTags=dc:ny,rack:1&readPreferenceTags=",
)
SRV_TAILS = ("cluster0.example.invalid", "c.example.invalid/app?retryWrites=true&srvMaxHosts=3")
SPACES = ("", " ", "\n", "\t ")


def node_reads(uri: str) -> tuple[str, str]:
    """User and password as the Node driver has them: percent-decoded, and `+` is a plus."""
    login = uri.strip().partition("://")[2].partition("@")[0]
    user, _, password = login.partition(":")
    return unquote(user, errors="strict"), unquote(password, errors="strict")


def pymongo_reads(uri: str) -> tuple[str, str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # an option that is there twice
        plain = uri.strip().replace("+srv", "", 1).replace("&srvMaxHosts=3", "")
        found = parse_uri(plain, warn=False, validate=False)
    return found["username"], found["password"]


def texts(rng: random.Random) -> tuple[str, str, str, str, str]:
    head = rng.choice(HEADS)
    tail = rng.choice(SRV_TAILS if "srv" in head else TAILS)
    return rng.choice(SPACES), head, rng.choice(LOGINS[:3]), tail, rng.choice(SPACES)


@settings(deadline=None)
@given(user=TEXT, password=TEXT, rng=st.randoms())
def test_both_drivers_read_back_what_was_written(
    user: str, password: str, rng: random.Random
) -> None:
    before, head, login, tail, after = texts(rng)
    written = with_login(Secret(before + head + login + tail + after), user, Secret(password))
    text = written.reveal()
    assert node_reads(text) == (user, password)
    assert pymongo_reads(text) == (user, password)
    assert parse(written).user == user
    assert parse(written).password == Secret(password)


@settings(deadline=None)
@given(user=TEXT, password=TEXT, rng=st.randoms())
def test_every_other_byte_stays(user: str, password: str, rng: random.Random) -> None:
    before, head, login, tail, after = texts(rng)
    text = with_login(Secret(before + head + login + tail + after), user, Secret(password)).reveal()
    assert text.startswith(before + head)
    assert text.endswith("@" + tail + after)
    new = text.removeprefix(before + head).removesuffix("@" + tail + after)
    assert new.isascii()
    assert not set(new) & set("@/?#+ ")
    assert new.count(":") == 1


@settings(deadline=None)
@given(password=TEXT)
@pytest.mark.parametrize("login", ["us%40er:p%2Bw", "us%40er:", "us%40er"])
def test_another_password_leaves_the_name_as_it_was_written(login: str, password: str) -> None:
    uri = with_password(Secret(f" mongodb://{login}@h/app?x=1 "), Secret(password)).reveal()
    assert uri.startswith(" mongodb://us%40er:")
    assert uri.endswith("@h/app?x=1 ")
    assert node_reads(uri) == pymongo_reads(uri) == ("us@er", password)


def test_back_and_forth_gives_the_same_bytes() -> None:
    first = Secret("mongodb://a:p%2B1@h1,h2/app?authSource=admin")
    second = with_login(first, "b", Secret("x"))
    assert with_login(second, "a", Secret("p+1")) == first


def test_no_login_gives_no_user_to_change_the_password_of() -> None:
    with pytest.raises(MalformedUri) as caught:
        with_password(Secret("mongodb://h/app"), Secret("x"))
    assert "names no user" in caught.value.what


@pytest.mark.parametrize("uri", ["", "redis://a:b@h", "mongodb://a:b@c@h/x", "mongodb://"])
def test_what_is_no_uri_is_refused(uri: str) -> None:
    with pytest.raises(MalformedUri):
        with_login(Secret(uri), "a", Secret("b"))


def test_half_a_surrogate_pair_is_refused_without_being_told() -> None:
    with pytest.raises(MalformedUri) as caught:
        with_login(Secret("mongodb://h/"), "a", Secret("c4n4ry\ud800"))
    assert caught.value.__context__ is None


def test_a_host_is_asked_without_a_login_and_its_options() -> None:
    """PyMongo refuses a mechanism where there is no user."""
    uri = parse(Secret("mongodb://a:b@h/app?authMechanism=SCRAM-SHA-256&tls=false"))
    assert uri.at("x:1", login=False).reveal() == "mongodb://x:1/app?tls=false"
    last = parse(Secret("mongodb://a:b@h/?tls=false&authMechanism=SCRAM-SHA-1"))
    parse_uri(last.at("x:1", login=False).reveal())
