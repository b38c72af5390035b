"""Socket.IO's own client (of npm), which runs in Node and is driven from here."""

import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import jwt

from skillconnect_ops.reference_api.proofs.tokens import Kind
from tests.npm import install
from tests.programs import needs
from tests.reference_api.served import Account, Served, an_address

CLIENT = "socket.io-client@4.8.4"
_SCRIPT = Path(__file__).with_name("sockets.mjs")
_PATIENCE_S = 10.0
Line = dict[str, Any]


class Sockets:
    """Connections, each with a name; and all that came over them."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self._lines: list[Line] = []
        self._came = threading.Condition()
        self._numbers = count()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def open(self, program: Served, token: str | None, **more: str) -> str:
        """Open one, which has to be let in; gives its name.

        Args:
            program: where.
            token: for the handshake.
            more: headers, with `_` for `-`.
        """
        name, line = self.try_to_open(program, token, **more)
        assert line["what"] == "open", line
        return name

    def try_to_open(self, program: Served, token: str | None, **more: str) -> tuple[str, Line]:
        """Open one; gives its name and what came of it."""
        name = f"socket-{next(self._numbers)}"
        headers = {"X-Forwarded-For": an_address(), "Origin": program.origin}
        headers |= {key.replace("_", "-"): value for key, value in more.items()}
        self._do({"do": "open", "as": name, "url": program.url, "token": token, "headers": headers})
        return name, self.wait(lambda line: line["as"] == name)

    def worker(self, program: Served, name: str) -> int:
        """The worker, by its process id, that holds an open one."""
        line = self.wait(lambda line: line["as"] == name and line["what"] == "open")
        return _worker_of(program, line["port"])

    def open_elsewhere(self, program: Served, token: str, than: str) -> str:
        """Open one at another worker than that of an open one."""
        for _ in range(60):
            name = self.open(program, token)
            if self.worker(program, name) != self.worker(program, than):
                return name
            self.close(name)
        raise AssertionError("all came to one worker")

    def send(self, name: str, *data: Any, event: str = "message") -> Any:
        """Send an event; gives what its acknowledgement says."""
        return self.answer(self.send_off(name, *data, event=event))

    def send_off(self, name: str, *data: Any, event: str = "message") -> int:
        """Send an event, and wait for nothing; gives its number."""
        number = next(self._numbers)
        self._do({"do": "send", "as": name, "event": event, "data": data, "number": number})
        return number

    def answer(self, number: int, *, patience_s: float = 20.0) -> Any:
        """What the acknowledgement of an event says."""
        found = self.wait(lambda line: line.get("number") == number, patience_s=patience_s)
        return found["answer"]

    def close(self, name: str) -> None:
        """Close one."""
        self._do({"do": "close", "as": name})

    def events(self, name: str, event: str = "message") -> list[Any]:
        """What has come of an event so far."""
        with self._came:
            return [
                line["data"][0]
                for line in self._lines
                if line["as"] == name and line.get("event") == event
            ]

    def is_closed(self, name: str) -> bool:
        """Whether the server has closed it."""
        with self._came:
            return any(line["as"] == name and line["what"] == "closed" for line in self._lines)

    def wait(self, fits: Callable[[Line], bool], *, patience_s: float = _PATIENCE_S) -> Line:
        """The first line that fits, now or later."""
        end = time.monotonic() + patience_s
        with self._came:
            while True:
                for line in self._lines:
                    if fits(line):
                        return line
                left = end - time.monotonic()
                assert left > 0, f"it did not come; {self._lines[-10:]}"
                self._came.wait(left)

    def end(self) -> None:
        """Close all."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._reader.join(10)

    def _do(self, wanted: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(wanted) + "\n")
        self._process.stdin.flush()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for text in self._process.stdout:
            with self._came:
                self._lines.append(json.loads(text))
                self._came.notify_all()


@contextmanager
def sockets(folder: Path) -> Iterator[Sockets]:
    """The client; the folder is shared by all workers of a test run."""
    node = needs("node")
    installed = install(folder, CLIENT)
    with subprocess.Popen(
        [node, str(_SCRIPT), str(installed)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        found = Sockets(process)
        try:
            yield found
        finally:
            found.end()


def ticket(program: Served, account: Account, **changes: Any) -> str:
    """A token for a handshake that the program did not issue; good unless it is changed.

    Args:
        program: whose key signs it.
        account: whose it is, with the session that began last.
        changes: of its claims; `typ` of its header; `key` the variable of the key.
    """
    kind = changes.pop("typ", Kind.REALTIME.value)
    key = program.value(changes.pop("key", "JWT_SECRET_KEY"))
    found = program.database["users"].find_one({"email": account.email})
    assert found is not None
    sid = found["sessions"][-1]["sid"] if found["sessions"] else "none"
    now = int(time.time())
    claims = {"iss": "skillconnect", "aud": "skillconnect:user", "sub": account.id, "sid": sid}
    claims |= {"iat": now, "exp": now + 60, **changes}
    return jwt.encode(claims, key, algorithm="HS256", headers={"typ": kind})


def _worker_of(program: Served, port: int) -> int:
    """The worker at the other end of a connection that comes from a port; by its process id."""
    ends = f"0100007F:{program.port:04X}", f"0100007F:{port:04X}"
    rows = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
    inodes = {f"socket:[{row[9]}]" for row in rows if (row[1], row[2]) == ends}
    for worker in program.health()["workers"]:
        for opened in Path(f"/proc/{worker['pid']}/fd").iterdir():
            try:
                if str(opened.readlink()) in inodes:
                    return int(worker["pid"])
            except FileNotFoundError:
                continue
    raise AssertionError("no worker holds it")
