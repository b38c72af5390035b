"""The connection to the server is not encrypted, and leaves this machine.

Whoever sits between reads every document. On the loopback address there is no between.
"""

from collections.abc import Sequence

from skillconnect_ops.commands.doctor.each import on_servers
from skillconnect_ops.commands.doctor.model import (
    Check,
    Connection,
    Facts,
    TargetFacts,
    Verdict,
    failed,
    not_applicable,
    passed,
)
from skillconnect_ops.core.finding import Severity


def run(facts: Facts) -> Sequence[Verdict]:
    """Is it encrypted, or does it stay here?"""
    return on_servers(facts, _look)


def _look(target: TargetFacts, found: Connection) -> Verdict:
    if found.server.tls:
        return passed(target.subject, "the connection is encrypted")
    database = target.settings.database
    mapped = database.connect_map if database else {}
    far = [host for host in found.cluster.split(",") if not _is_here(mapped.get(host, host))]
    if not far:
        return not_applicable(target.subject, "the connection does not leave this machine")
    says = f"the connection to {', '.join(far)} is not encrypted"
    remedy = "turn TLS on at the server and add tls=true to the URI; or go through a tunnel"
    return failed(target.subject, says, remedy=remedy)


def _is_here(host: str) -> bool:
    name = host.rpartition(":")[0] or host
    return host.endswith(".sock") or name == "localhost" or name.strip("[]") in _LOOPBACK


_LOOPBACK = {"::1", *(f"127.0.0.{number}" for number in range(1, 255))}


CHECK = Check(
    id="connection-unencrypted",
    title="TLS",
    severity=Severity.HIGH,
    references=("CWE-319",),
    run=run,
)
