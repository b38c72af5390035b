"""What the driver says of a lost connection, told to a person."""

import pytest

from skillconnect_ops.adapters.mongo.said import plain

OPTIONS = " (configured timeouts: socketTimeoutMS: 20000.0ms, connectTimeoutMS: 8000.0ms)"
TOPOLOGY = (
    ", Timeout: 8.0s, Topology Description: <TopologyDescription id: 67, topology_type: Single, "
    "servers: [<ServerDescription ('h', 1) server_type: Unknown, rtt: None>]>"
)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            f"127.0.0.1:27017: [Errno 111] Connection refused{OPTIONS}{TOPOLOGY}",
            "127.0.0.1:27017 does not answer: connection refused",
        ),
        (
            f"a:1: [Errno 111] Connection refused{OPTIONS},b:2: timed out{OPTIONS}{TOPOLOGY}",
            "a:1 does not answer: connection refused; b:2 does not answer: timed out",
        ),
        ("[::1]:5: connection closed", "[::1]:5 does not answer: connection closed"),
        ("h:1: SSL handshake failed", "h:1 does not answer: SSL handshake failed"),
        ("not primary", "not primary"),
        ("not primary, full error: {'ok': 0.0, 'code': 10107}", "not primary"),
        (f"No servers found yet{TOPOLOGY}", "No servers found yet"),
        ("", "the connection was closed"),
    ],
)
def test_it_is_told_without_options_and_topology(said: str, told: str) -> None:
    assert plain(said) == told
