"""Everybody who is connected is sent what may be meant for some.

Why: `io.emit` reaches every client of every tenant; a message, an order or a location of one user
then stands in everybody's browser, whatever the page shows.

How it looks: for `emit` of a Socket.IO server or one of its namespaces without `to` or `in`, and
`broadcast.emit` and `nsp.emit` of a socket; also where the server comes by way of
`req.app.get('io')` or a variable called `io`.

Severity: low, with low confidence: what is meant for all (the server is about to restart) looks the
same.

Silence: `// skc: allow socket-broadcast REASON` at the line.

Before:
    io.emit('message', message);
After:
    io.to(`team:${message.teamId}`).emit('message', message);
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from skillconnect_ops.commands.audit.facts import Facts
from skillconnect_ops.commands.audit.model import Check, Verdict
from skillconnect_ops.commands.audit.telling import Open, Said, at, over_server
from skillconnect_ops.core.finding import Confidence, Severity

if TYPE_CHECKING:
    from skillconnect_ops.code.server import Server


def run(facts: Facts) -> Verdict:
    """What is sent to all?"""
    return over_server(facts, _judge, applies=_many, what="uses of Socket.IO")


def _many(found: "Server") -> int:
    return len(found.sockets.servers) + len(found.sockets.emits)


def _judge(found: "Server") -> Iterator[Said | Open]:
    for one in found.sockets.emits:
        what = f"“{one.event}”" if isinstance(one.event, str) else "an event"
        yield at(one, f"{what} is sent to all who are connected", Severity.LOW, Confidence.LOW)


CHECK = Check(
    id="socket-broadcast",
    title="Socket.IO event sent to everybody",
    severity=Severity.LOW,
    references=("CWE-200", "Socket.IO: Rooms"),
    remedy="send it to a room: io.to(room).emit(…), and let sockets join the rooms of their user",
    run=run,
)
