"""Whoever connects to the socket is let in.

Why: routes ask for a token, and the socket beside them does not: it gives the same data, live, and
takes the same commands. CORS does not help: clients that are no browsers send any origin.

How it looks: at servers of Socket.IO, each for itself: whether a function given to `use` of it
looks at the handshake, a token or a session, and refuses some; or `allowRequest` does. What only
logs, or gives everybody a name, asks nobody. A guard of a namespace guards that one alone. Where a
handshake is looked at elsewhere (in the handler of `connection`, say), or what a function does is
not told, it is unknown.

Severity: medium, with medium confidence: a socket may carry nothing but public news.

Silence: `// skc: allow socket-without-auth REASON` at the line of the server.

Before:
    const io = new Server(httpServer);
After:
    io.use((socket, next) => {
      const { token } = socket.handshake.auth;
      try { socket.user = jwt.verify(token, secret, { algorithms: ['HS256'] }); next(); }
      catch { next(new Error('unauthorized')); }
    });
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from skillconnect_ops.commands.audit.facts import Facts
from skillconnect_ops.commands.audit.model import Check, Verdict
from skillconnect_ops.commands.audit.telling import Open, Said, at, over_server, untold
from skillconnect_ops.core.finding import Confidence, Severity

if TYPE_CHECKING:
    from skillconnect_ops.code.server import Server


def run(facts: Facts) -> Verdict:
    """Which servers ask nobody who they are?"""
    return over_server(
        facts, _judge, applies=lambda found: len(found.sockets.servers), what="socket servers"
    )


def _judge(found: "Server") -> Iterator[Said | Open]:
    for one in found.sockets.servers:
        if one.asks:
            continue
        if one.lost:
            yield untold(one, f"whether this server asks who connects is not told: {one.lost}")
        else:
            says = "nothing asks a socket who it is"
            if one.only:
                says = f"only the namespace {one.only} asks a socket who it is"
            yield at(one, says, Severity.MEDIUM, Confidence.MEDIUM)


CHECK = Check(
    id="socket-without-auth",
    title="Socket.IO server without authentication",
    severity=Severity.MEDIUM,
    references=("CWE-306", "OWASP WebSocket Security Cheat Sheet"),
    remedy="io.use((socket, next) => { … jwt.verify(socket.handshake.auth.token, …) … })",
    run=run,
)
