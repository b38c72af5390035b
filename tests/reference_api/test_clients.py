"""Who is at the other end: nobody chooses their own address."""

from typing import Any

import pytest

from skillconnect_ops.reference_api.gate.clients import address, counted_as, is_encrypted


def scope(peer: str, *forwarded: str, proto: str = "", scheme: str = "http") -> dict[str, Any]:
    headers = [(b"x-forwarded-for", one.encode()) for one in forwarded]
    headers += [(b"x-forwarded-proto", proto.encode())] if proto else []
    return {"client": (peer, 1), "headers": headers, "scheme": scheme, "type": "http"}


@pytest.mark.parametrize(
    ("proxies", "forwarded", "found"),
    [
        (0, ("6.6.6.6",), "10.0.0.1"),
        (1, (), "10.0.0.1"),
        (1, ("1.1.1.1",), "1.1.1.1"),
        (1, ("6.6.6.6, 1.1.1.1",), "1.1.1.1"),
        (1, ("6.6.6.6", "1.1.1.1"), "1.1.1.1"),
        (2, ("6.6.6.6, 1.1.1.1, 10.0.0.2",), "1.1.1.1"),
        (2, ("1.1.1.1",), "1.1.1.1"),
        (1, ("1.1.1.1, not an address",), "10.0.0.1"),
        (1, ("1.1.1.1, ",), "1.1.1.1"),
        (1, ("2001:DB8::1",), "2001:db8::1"),
        (1, ("x" * 5000,), "10.0.0.1"),
        (1, ("1.1.1.1:5678",), "1.1.1.1"),
        (1, ("[2001:db8::1]:5678",), "2001:db8::1"),
    ],
)
def test_only_what_our_own_proxies_wrote_counts(
    proxies: int, forwarded: tuple[str, ...], found: str
) -> None:
    assert address(scope("10.0.0.1", *forwarded), proxies) == found


@pytest.mark.parametrize(
    ("client", "counted"),
    [
        ("1.2.3.4", "1.2.3.4"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/56"),
        ("2001:db8:1:ff:9::", "2001:db8:1::/56"),
        ("2001:db8:1:100::", "2001:db8:1:100::/56"),
        ("::ffff:1.2.3.4", "1.2.3.4"),
        ("fe80::1%eth0", "fe80::/56"),
        ("unknown", "unknown"),
    ],
)
def test_a_household_counts_as_one(client: str, counted: str) -> None:
    assert counted_as(client) == counted


@pytest.mark.parametrize(
    ("proxies", "proto", "scheme", "encrypted"),
    [
        (0, "https", "http", False),
        (0, "", "https", True),
        (1, "https", "http", True),
        (1, "http", "http", False),
        (1, "", "http", False),
        (1, "https, http", "http", False),
        (2, "https, http", "http", True),
        (1, "HTTPS", "http", True),
    ],
)
def test_a_client_cannot_say_that_it_came_by_tls(
    proxies: int, proto: str, scheme: str, encrypted: bool
) -> None:
    assert is_encrypted(scope("10.0.0.1", proto=proto, scheme=scheme), proxies) is encrypted
