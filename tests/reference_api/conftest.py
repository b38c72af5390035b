"""Fixtures of the reference API that several of its tests need."""

from collections.abc import Iterator

import pytest

from tests.reference_api.sockets import Sockets, sockets


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sockets]:
    """Connections of Socket.IO's own client."""
    with sockets(tmp_path_factory.getbasetemp().parent / "socket.io-client") as found:
        yield found
