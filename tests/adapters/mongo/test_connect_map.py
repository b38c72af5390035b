"""A replica set whose configuration names hosts that only its own network knows.

Real servers stand behind relays that put such names in the place of the real addresses in every
answer, byte for byte (both are 15 characters); name look-ups fail, so that a client which follows
the names gets nowhere.
"""

import select
import socket
import struct
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress

import bson
import pytest

from skillconnect_ops.adapters.embedded import Mongod
from skillconnect_ops.adapters.mongo import connect
from skillconnect_ops.core.ports.database import (
    CannotConnect,
    MalformedUri,
    PortRefused,
    ServerLost,
    UnknownHost,
    WrongPassword,
)
from skillconnect_ops.core.secret import Secret
from tests.servers import put


class Relay:
    """Passes bytes on, and whole answers with some words replaced."""

    def __init__(self, port: int, words: Mapping[bytes, bytes]) -> None:
        self._target = ("127.0.0.1", port)
        self._words = words
        self._server = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._server.getsockname()[1]}"

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for one in self._open:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                caller, _ = self._server.accept()
            except OSError:
                return
            self._open.append(caller)
            thread = threading.Thread(target=self._serve, args=(caller,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, caller: socket.socket) -> None:
        with suppress(OSError), caller, socket.create_connection(self._target) as target:
            while True:
                ready, _, _ = select.select([caller, target], [], [])
                if caller in ready:
                    asked = caller.recv(65536)
                    if not asked:
                        return
                    target.sendall(asked)
                if target in ready:
                    answer = _message(target)
                    for real, name in self._words.items():
                        answer = answer.replace(real, name)
                    caller.sendall(answer)


def _message(source: socket.socket) -> bytes:
    head = _exactly(source, 4)
    return head + _exactly(source, struct.unpack("<i", head)[0] - 4)


def _exactly(source: socket.socket, size: int) -> bytes:
    got = bytearray()
    while len(got) < size:
        part = source.recv(size - len(got))
        if not part:
            raise ConnectionResetError
        got += part
    return bytes(got)


@pytest.fixture(autouse=True)
def no_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every look-up of a name fails, and no name server is asked."""
    real = socket.getaddrinfo

    def numbers_only(host: str, port: int, *args: int, **more: int) -> object:
        return real(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)

    monkeypatch.setattr(socket, "getaddrinfo", numbers_only)


@contextmanager
def hidden(servers: Mongod) -> Iterator[tuple[Secret, dict[str, str]]]:
    """The URI with the invented names, and the map that leads to the relays."""
    names = {f"127.0.0.1:{port}": f"mongo-{n}.x:27017" for n, port in enumerate(servers.ports)}
    words = {real.encode(): name.encode() for real, name in names.items()}
    assert all(len(real) == len(name) for real, name in words.items())
    with ExitStack() as stack:
        mapped = {}
        for name, port in zip(names.values(), servers.ports, strict=True):
            relay = Relay(port, words)
            stack.callback(relay.close)
            mapped[name] = relay.address
        uri = servers.uri.reveal()
        for real, name in names.items():
            uri = uri.replace(real, name)
        yield Secret(uri), mapped


def test_the_names_are_reached_by_their_mapped_addresses(one_node: Mongod) -> None:
    with hidden(one_node) as (uri, mapped), connect(uri, connect_map=mapped) as opened:
        assert opened.server().hosts == ("mongo-0.x:27017",)
        put(opened, "mapped", "c", {"_id": 1})
        with opened.batches("mapped", "c", at=opened.cluster_time()) as batches:
            assert b"".join(batch.documents for batch in batches) == bson.encode({"_id": 1})
        opened.drop_database("mapped")


def test_without_a_map_the_error_names_it(one_node: Mongod) -> None:
    with hidden(one_node) as (uri, mapped):
        direct = Secret(uri.reveal().replace(*next(iter(mapped.items()))))
        for one in (uri, direct):
            with pytest.raises(UnknownHost) as caught:
                connect(one, patience_s=1.5)
            assert "connect_map" in caught.value.fix


def test_the_primary_is_found_and_found_again(three_nodes: Mongod) -> None:
    three_nodes.primary()
    with hidden(three_nodes) as (uri, mapped), connect(uri, connect_map=mapped) as opened:
        put(opened, "mapped", "c", *({"_id": n, "b": b"x" * 9000} for n in range(800)))
        opened.settle()
        three_nodes.step_down(seconds=10)

        until = time.monotonic() + 30
        while True:
            try:
                at = opened.cluster_time()
                put(opened, "mapped", "other", {})
                break
            except ServerLost:
                assert time.monotonic() < until
        with opened.batches("mapped", "c", at=at) as batches:
            assert sum(len(batch.each) for batch in batches) == 800
        opened.drop_database("mapped")


def test_one_seed_is_enough_to_find_the_primary(three_nodes: Mongod) -> None:
    primary = three_nodes.primary()
    with hidden(three_nodes) as (uri, mapped):
        head, _, tail = uri.reveal().partition("@")
        other = f"mongo-{(primary + 1) % 3}.x:27017"
        one_seed = Secret(f"{head}@{other}/{tail.partition('/')[2]}")
        with connect(one_seed, connect_map=mapped) as opened:
            put(opened, "mapped", "c", {})
            opened.drop_database("mapped")


def test_errors_are_the_same_with_a_map(one_node: Mongod) -> None:
    with hidden(one_node) as (uri, mapped):
        wrong = uri.reveal().partition("@")[2]
        with pytest.raises(WrongPassword):
            connect(Secret(f"mongodb://root:wrong@{wrong}"), connect_map=mapped)
        name = next(iter(mapped))
        with socket.create_server(("127.0.0.1", 0)) as free:
            nobody = f"127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(PortRefused):
            connect(uri, connect_map={name: nobody}, patience_s=1)
        with pytest.raises(CannotConnect):
            connect(uri, connect_map={"else:1": nobody}, patience_s=1)


def test_a_map_that_leads_to_another_set_is_noticed(one_node: Mongod) -> None:
    with hidden(one_node) as (uri, mapped):
        other = Secret(uri.reveal().replace("replicaSet=rs0", "replicaSet=rs1"))
        with pytest.raises(CannotConnect) as caught:
            connect(other, connect_map=mapped, patience_s=1)
        assert "rs1" in caught.value.what


def test_a_map_does_not_go_with_srv() -> None:
    with pytest.raises(MalformedUri):
        connect(Secret("mongodb+srv://u:p@a.b.invalid/"), connect_map={"a:1": "b:1"})
