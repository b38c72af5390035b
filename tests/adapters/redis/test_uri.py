"""A Redis URI is read as redis-py reads it, and edited without touching another byte."""

import string
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.connection import parse_url

from skillconnect_ops.adapters.redis import RedisServers, parse
from skillconnect_ops.core.ports.acl import AclUriMalformed
from skillconnect_ops.core.secret import Secret

CANARY = "c4n4ry"
RESTS = [
    "127.0.0.1:6379/0",
    "cache.example:6380/3?socket_timeout=2&x=a%40b",
    "[::1]:6379",
    "localhost",
    "",
    "h:1/0#part",
]
LOGINS = ["", ":old@", "app:old@", "app@", "a%40b:o%3Ald@", ":@"]


@pytest.mark.parametrize("scheme", ["redis://", "rediss://", "unix://"])
@pytest.mark.parametrize("login", LOGINS)
@pytest.mark.parametrize("rest", RESTS)
def test_a_new_login_leaves_every_other_byte(scheme: str, login: str, rest: str) -> None:
    rest = f"/run/redis{rest.partition('/')[1]}.sock?db=2" if scheme == "unix://" else rest
    edited = RedisServers().with_login(
        Secret(scheme + login + rest), user="new", password=Secret("p@ss:/?#%w")
    )
    assert edited.reveal() == f"{scheme}new:p%40ss%3A%2F%3F%23%25w@{rest}"


@given(
    user=st.none() | st.text(string.printable.strip() + "äß€", min_size=1),
    password=st.text(min_size=1).filter(lambda text: text.isprintable()),
)
def test_what_is_written_is_read_back_by_the_client_library(
    user: str | None, password: str
) -> None:
    uri = RedisServers().with_login(
        Secret("redis://old:gone@h:6380/2"), user=user, password=Secret(password)
    )
    read = parse_url(uri.reveal())  # type: ignore[no-untyped-call]
    assert read.get("username") == user
    assert read["password"] == password
    assert (read["host"], read["port"], read["db"]) == ("h", 6380, 2)
    assert unquote(urlsplit(uri.reveal()).password or "") == password
    again = parse(uri)
    assert again.password == Secret(password)
    assert again.link.user == (user or "default")


def test_what_a_uri_says() -> None:
    link = RedisServers().link
    only_password = link(Secret("redis://:pw@h"))
    assert (only_password.user, only_password.names_user) == ("default", False)
    assert only_password.has_password
    assert only_password.where == "h:6379"
    nobody = link(Secret("rediss://h:1"))
    assert (nobody.user, nobody.has_password, nobody.tls) == ("default", False, True)
    assert link(Secret("unix://app:pw@/run/r.sock")).where == "/run/r.sock"
    assert link(Secret("redis://[::1]:7/0")).where == "[::1]:7"
    assert link(Secret("redis://a%40b:pw@h")).user == "a@b"


@pytest.mark.parametrize(
    "uri",
    [
        f"redis://app:{CANARY}@x@h:6379",
        f"redis://app:{CANARY}/x@h:6379",
        f"redis://app:{CANARY}#x@h:6379",
        f"redis://app:12/{CANARY}@h:6379",
        f"redis://app:12?{CANARY}=@h:6379",
        f"unix://app:{CANARY}/x@/run/r.sock",
        f"redis://app:{CANARY}@h:port",
        f"redis://app:{CANARY}@h:6379/0?password={CANARY}",
        f"redis://h:6379/0?username=a&password={CANARY}",
        f"redis://app:{CANARY} @h:6379",
        f" redis://app:{CANARY}@h:6379",
        f"http://app:{CANARY}@h:6379",
        f"unix://app:{CANARY}@",
        f"{CANARY}",
        "",
    ],
)
def test_one_that_cannot_be_read_is_refused_without_its_password(uri: str) -> None:
    with pytest.raises(AclUriMalformed) as caught:
        parse(Secret(uri))
    error = caught.value
    assert CANARY not in f"{error.what}{error.why}{error.fix}{error!r}{error.__cause__!r}"
    assert error.__context__ is None or CANARY not in repr(error.__context__)


def test_no_text_shows_a_password() -> None:
    uri = parse(Secret(f"redis://app:%40{CANARY}@h"))
    assert CANARY not in f"{uri!r}{uri.link!r}"
    assert CANARY not in uri.redact(f"@{CANARY} and %40{CANARY}")


@pytest.mark.parametrize(
    ("uri", "reached"),
    [
        ("redis://app:p%40w@redis:6379/2?x=1", "redis://app:p%40w@127.0.0.1:7/2?x=1"),
        ("rediss://:w@redis/1", "rediss://:w@127.0.0.1:7/1"),
        ("redis://redis", "redis://127.0.0.1:7"),
        ("redis://other:6379/0", "redis://other:6379/0"),
        ("unix://app:w@/run/redis.sock?db=1", "unix://app:w@/run/redis.sock?db=1"),
        ("redis://redis@[::1]:6379", "redis://redis@[::1]:6379"),
    ],
)
def test_a_host_is_reached_in_another_way_and_nothing_else_changes(uri: str, reached: str) -> None:
    assert parse(Secret(uri)).through({"redis:6379": "127.0.0.1:7"}).text.reveal() == reached
