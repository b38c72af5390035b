"""A throw-away redis-server."""

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from skillconnect_ops.adapters.embedded.process import CannotStart, Keeper, free_port
from skillconnect_ops.adapters.embedded.programs import redis_server
from skillconnect_ops.core.secret import Secret

READY = "Ready to accept connections"
START_S = 20


@contextmanager
def run_redis(folder: Path) -> Iterator[Secret]:
    """A redis-server with a password; gives its URI, ends it at exit.

    Raises:
        NotInstalled: no program.
        CannotStart: it ended at once; its own words are named.
    """
    program = redis_server()
    password = secrets.token_urlsafe(18)
    with Keeper(folder / f"redis-{secrets.token_hex(4)}") as keeper:
        for _ in range(5):
            port = free_port()
            if _started(keeper, program, port=port, password=password):
                yield Secret(f"redis://:{password}@127.0.0.1:{port}/0")
                return
    raise CannotStart("redis-server finds no port", why="five were taken", fix="try again")


def _started(keeper: Keeper, program: Path, *, port: int, password: str) -> bool:
    """Whether it listens; False where another process took the port."""
    name = f"redis-{port}"
    settings = keeper.folder / f"{name}.conf"
    settings.touch(mode=0o600)
    settings.write_text(
        f'bind 127.0.0.1\nport {port}\nunixsocket ""\nrequirepass {password}\n'
        f'save ""\nappendonly no\ndaemonize no\ndir {keeper.folder}\n'
    )
    keeper.spawn(name, [str(program), str(settings)])
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        said = keeper.printed(name).read_text(errors="replace")
        if READY in said:
            return True
        if keeper.poll(name) is not None:
            if "Address already in use" in said:
                return False
            break
        time.sleep(0.02)
    raise CannotStart("redis-server does not start", why=said[-300:].strip(), fix="skc doctor")
