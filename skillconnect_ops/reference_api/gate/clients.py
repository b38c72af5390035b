"""Who is at the other end: addresses behind a number of proxies that we know of."""

from ipaddress import ip_address, ip_network

from starlette.types import Scope

_V6_PREFIX = 56
"""What one household gets; with each of its addresses a client would have a limit of its own."""


def headers_of(scope: Scope, name: bytes) -> list[str]:
    """All values of a header."""
    return [value.decode("latin-1") for key, value in scope["headers"] if key == name]


def address(scope: Scope, proxies: int) -> str:
    """The client's address.

    Each proxy appends the address that it was called from to X-Forwarded-For. What stands further
    left than our own proxies wrote was written by the client, and may be anything.

    Args:
        scope: of the connection.
        proxies: how many proxies of ours stand before us; 0: the header is not looked at.
    """
    peer = (scope.get("client") or ("", 0))[0] or "unknown"
    if not proxies:
        return peer
    said = ",".join(headers_of(scope, b"x-forwarded-for")).split(",")
    chain = [peer, *(part.strip() for part in reversed(said) if part.strip())]
    found = _without_port(chain[min(proxies, len(chain) - 1)])
    try:
        return ip_address(found).compressed
    except ValueError:
        return peer


def _without_port(text: str) -> str:
    """Some proxies write the port too: `192.0.2.1:5678`, `[2001:db8::1]:5678`."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text


def counted_as(client: str) -> str:
    """What is counted as one client: an IPv4 address, or the network of an IPv6 one."""
    try:
        found = ip_address(client)
    except ValueError:
        return client
    if found.version == 4:
        return client
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return ip_network(f"{client.partition('%')[0]}/{_V6_PREFIX}", strict=False).compressed


def is_encrypted(scope: Scope, proxies: int) -> bool:
    """Whether the client came by TLS: to us, or to the outermost of our proxies."""
    if scope["scheme"] in {"https", "wss"}:
        return True
    if not proxies:
        return False
    said = ",".join(headers_of(scope, b"x-forwarded-proto")).split(",")
    first = said[-min(proxies, len(said))].strip().lower()
    return first in {"https", "wss"}
