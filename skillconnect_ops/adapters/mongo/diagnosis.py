"""Why there is no connection: one named error for each cause."""

import errno
import re
import socket
import ssl
from collections.abc import Iterable, Iterator

from pymongo.errors import ConfigurationError, NetworkTimeout, ProtocolError, PyMongoError
from pymongo.topology_description import TopologyDescription

from skillconnect_ops.adapters.mongo.said import plain
from skillconnect_ops.adapters.mongo.uri import MongoUri
from skillconnect_ops.core.ports.database import (
    CannotConnect,
    NoPrimary,
    NotMongoDB,
    PortRefused,
    TlsMismatch,
    UnknownHost,
    Unreachable,
)

PROBE_S = 1.0
ERRNO = re.compile(r"\[Errno (-?\d+)\]")
UNKNOWN = frozenset({socket.EAI_NONAME, socket.EAI_AGAIN, socket.EAI_FAIL, socket.EAI_NODATA})
"""What a name look-up fails with."""
CLOSED = frozenset({errno.ECONNRESET, errno.EPIPE})
RUNS = "is mongod running there, and listening on that address? See its log, and the firewall"


def of_topology(uri: MongoUri, seen: TopologyDescription) -> CannotConnect:
    """What a search for a primary that ended without one has seen."""
    servers = seen.server_descriptions().values()
    if any(server.is_server_type_known for server in servers):
        return no_primary(uri)
    return of_errors(uri, [server.error for server in servers if server.error is not None])


def of_errors(uri: MongoUri, errors: Iterable[BaseException]) -> CannotConnect:
    """The error to tell, of all hosts' ones: what names a mistake goes before what may pass."""
    told = [_of_one(uri, error) for error in errors]
    order = (TlsMismatch, NotMongoDB, PortRefused, UnknownHost)
    for kind in order:
        for error in told:
            if isinstance(error, kind):
                return error
    return told[0] if told else unreachable(uri, "no answer in time")


def no_primary(uri: MongoUri) -> NoPrimary:
    """All that answer are secondaries."""
    return NoPrimary(
        f"the replica set at {uri.where} has no primary",
        why="its members answer, but none of them takes writes: an election is under way, "
        "or more than half of the members are down; or a host name of its configuration cannot "
        "be reached from here",
        fix="wait and try again; see rs.status(). For names that only a container network knows, "
        "set database.connect_map in skc.yaml",
    )


def unreachable(uri: MongoUri, said: str) -> Unreachable:
    """No answer."""
    return Unreachable(
        f"{uri.where} does not answer",
        why=plain(uri.redact(said)),
        fix="check host and port, the firewall, and the access list of a hosted database",
    )


def other_set(uri: MongoUri, host: str, name: str) -> CannotConnect:
    """A connect_map leads to somewhere else."""
    return CannotConnect(
        f"{host} belongs to the replica set '{name}', not to '{uri.set_name}'",
        why="the URI's replicaSet names another set than the one that answers there",
        fix="check database.connect_map in skc.yaml, and replicaSet in the URI",
    )


def bad_set_up(uri: MongoUri, error: Exception) -> CannotConnect:
    """The driver does not even try: an SRV name, a TLS file, an option."""
    causes = [type(cause).__name__ for cause in _chain(error)]
    text = uri.redact(str(error)).splitlines()[0] if str(error) else causes[0]
    dns = any(type(cause).__module__.startswith("dns.") for cause in _chain(error))
    if uri.srv and (dns or "DNS" in text or "SRV" in text):
        return UnknownHost(
            f"the SRV record of {uri.where} does not resolve",
            why=text,
            fix=f"check the name: _mongodb._tcp.{uri.where} must have an SRV record",
        )
    if isinstance(error, ssl.SSLError) or "tls" in text.lower() or isinstance(error, OSError):
        return TlsMismatch(
            f"TLS cannot be set up for {uri.where}",
            why=text,
            fix="check tlsCAFile and tlsCertificateKeyFile in the URI",
        )
    return CannotConnect(
        f"cannot connect to {uri.where}", why=text, fix="check host, port and options of the URI"
    )


def _of_one(uri: MongoUri, error: BaseException) -> CannotConnect:
    """The driver keeps of a host's error its class and its text, no cause and no number."""
    said = uri.redact(str(error)).partition(" (configured timeouts")[0]
    number = int(found[1]) if (found := ERRNO.search(said)) else 0
    if number in UNKNOWN or "'idna' codec" in said:
        return UnknownHost(
            f"a host of {uri.where} is unknown here",
            why=plain(said),
            fix="check the host's name. For names that only a container network knows, "
            "set database.connect_map in skc.yaml",
        )
    if number == errno.ECONNREFUSED:
        return PortRefused(f"nobody listens at {uri.where}", why=plain(said), fix=RUNS)
    closed = number in CLOSED or "connection closed" in said
    if not isinstance(error, NetworkTimeout) and (tls := _of_tls(uri, said, closed=closed)):
        return tls
    if isinstance(error, ProtocolError) or closed:
        return NotMongoDB(
            f"what listens at {uri.where} is not MongoDB",
            why=said,
            fix="check host and port: MongoDB's is 27017 by default",
        )
    if isinstance(error, ConfigurationError):
        return bad_set_up(uri, error)
    return unreachable(uri, said)


def _of_tls(uri: MongoUri, said: str, *, closed: bool) -> CannotConnect | None:
    """An error of TLS, or the silence of a server that waits for it."""
    if "certificate verify failed" in said:
        return TlsMismatch(
            f"the certificate of {uri.where} is not trusted",
            why=said,
            fix="name the authority that signed it: tlsCAFile=… in the URI; the host must be a "
            "name of the certificate",
        )
    if uri.tls and (closed or "SSL" in said):
        return _no_tls_there(uri, said)
    if closed and _speaks_tls(uri):
        return TlsMismatch(
            f"{uri.where} wants TLS",
            why=f"it closed the unencrypted connection, and answers to TLS ({said})",
            fix="add tls=true to the URI (and tlsCAFile=… for a private authority)",
        )
    return None


def _no_tls_there(uri: MongoUri, said: str) -> TlsMismatch:
    if "alert" in said:
        return TlsMismatch(
            f"{uri.where} refuses our side of TLS",
            why=said,
            fix="it wants a client certificate or another version of TLS: "
            "tlsCertificateKeyFile=… in the URI",
        )
    return TlsMismatch(
        f"{uri.where} does not speak TLS",
        why=f"the URI asks for TLS, the server's answer is something else ({said})",
        fix="turn TLS on at the server, or write tls=false into the URI",
    )


def _speaks_tls(uri: MongoUri) -> bool:
    """Whether the first host takes a TLS greeting; nothing secret is sent."""
    if uri.tls or uri.srv:
        return False
    host, _, port = uri.hosts[0].rpartition(":")
    if not port.isdecimal():
        return False
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with (
            socket.create_connection((host.strip("[]"), int(port)), timeout=PROBE_S) as plain,
            context.wrap_socket(plain),
        ):
            return True
    except OSError:
        return False


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and what caused it."""
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or (seen.__context__ if isinstance(seen, PyMongoError) else None)
