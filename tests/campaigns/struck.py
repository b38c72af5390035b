"""The process that `striking` starts: it forks, and its children run `skc` and are struck.

    python -m tests.campaigns.struck

Nothing of the commands is changed: the watch sits between them and the ports, the disk's system
calls among these.
"""

import errno
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import msgspec
from msgspec.structs import replace

from tests.campaigns.striking import (
    Call,
    Ended,
    Order,
    What,
    When,
    is_a_look,
    of_a_server,
    of_redis,
)

_TIMEOUT_S = 240
PATIENCE_S = 0.3
HURRY = 60.0
"""By how much a repeated look brings its deadline nearer."""


class _Watch:
    """Counts the calls of one child, and lets its strike happen."""

    def __init__(self, order: Order, wires: Any) -> None:
        self.calls: list[Call] = []
        self._order = order
        self._strike = order.strike
        self._wires = wires
        """To the database and to the cache; none where nothing of them is lost."""
        self._out = Path(order.out)
        self._step = ""
        self._stage = ""
        self._in_step = 0
        self._done = order.strike.what is What.NOTHING
        self.lost = False
        """Whether the network is gone."""
        self._look: Callable[[], None] | None = None
        if order.watch is not None:
            module, _, name = order.watch.partition(":")
            self._look = getattr(__import__(module, fromlist=[name]), name)

    def around(self, name: str, call: Callable[[], Any]) -> Any:
        """Make a call; the interface is that of a `Fuse`."""
        self.calls.append(Call(self._step, self._stage, name))
        self._in_step += 1
        hit = self._is_it(name)
        if hit and not self._strike.after:
            self._act(name, call)
        try:
            made = call()
        finally:
            if hit and self._strike.after:
                self._act(name, lambda: None)
        if self._look is not None:
            self._look()
        return made

    def enter(self, step: str, stage: str) -> None:
        """A handler's method begins."""
        if step != self._step:
            self._step, self._in_step = step, 0
        self._stage = stage
        strike = self._strike
        if step != strike.step or self._done:
            return
        answer = strike.what is What.ANSWER
        if answer:
            at = _speaks(step, strike.when)
        elif strike.when is When.BEFORE:
            at = "apply"
        else:
            at = "verify" if strike.when is When.DURING and strike.at == 0 else ""
        if stage == at:
            self._act(stage, lambda: None)

    def leave(self, step: str, stage: str) -> None:
        """A handler's method has come to its end."""
        strike = self._strike
        if step == strike.step and stage == "verify" and strike.when is When.AFTER:
            self._act("verified", lambda: None)
        self._stage = "after"

    def _is_it(self, name: str) -> bool:
        strike = self._strike
        if self._done or strike.when is not When.DURING or strike.what is What.ANSWER:
            return False
        if strike.at == 0:
            return False
        if strike.step is None:
            return len(self.calls) == strike.at
        return self._step == strike.step and self._in_step == strike.at

    def _act(self, place: str, call: Callable[[], Any]) -> None:
        if self._done:
            return
        self._done = True
        if self._strike.what is not What.ANSWER:
            self._tell(place)
        match self._strike.what:
            case What.KILL:
                os.kill(os.getpid(), signal.SIGKILL)
            case What.RAISE:
                if self._strike.when is When.DURING:
                    raise OSError(errno.EIO, "planted")
                raise RuntimeError("planted")
            case What.NETWORK:
                own = int(of_redis(self._step))
                for number, wire in enumerate(self._wires):
                    if number == own or not self._strike.alone:
                        wire.cut()
                _give_up_soon()
                self.lost = True
                if not of_a_server(self._step):
                    raise _lost()
            case What.ANSWER:
                from tests.campaigns.losing import losing  # noqa: PLC0415 - see LOADED

                self._wires[of_redis(self._step)].rule = losing(self._strike, self._tell)
            case What.NOTHING:
                pass

    def _tell(self, place: str) -> None:
        (self._out / "struck").write_text(place)


def _speaks(step: str, when: When) -> str:
    """From which of its methods on an answer is lost."""
    if is_a_look(step):
        return "verify" if step.startswith("hold:") else "before"
    return "verify" if when is When.AFTER else "apply"


def _lost() -> Exception:
    from skillconnect_ops.core.ports.database import ServerLost  # noqa: PLC0415 - see LOADED

    return ServerLost("the network is gone", why="planted", fix="run it again")


class _Watched:
    """A handler that says where it is."""

    def __init__(self, real: Any, watch: _Watch) -> None:
        self._real = real
        self._watch = watch

    def __getattr__(self, stage: str) -> Any:
        real = getattr(self._real, stage)

        def called(step: Any, *args: Any) -> Any:
            self._watch.enter(step.key, stage)
            made = real(step, *args)
            self._watch.leave(step.key, stage)
            return made

        return called


LOADED = (
    "cryptography.hazmat.primitives.ciphers.aead",
    "pymongo",
    "pyrage",
    "skillconnect_ops.adapters.git",
    "skillconnect_ops.adapters.mongo",
    "skillconnect_ops.adapters.processes",
    "skillconnect_ops.adapters.project",
    "skillconnect_ops.adapters.redis",
    "skillconnect_ops.code.environment",
    "skillconnect_ops.commands.backup.steps",
    "skillconnect_ops.commands.env.steps",
    "skillconnect_ops.commands.init.steps",
    "skillconnect_ops.commands.journal.cli",
    "skillconnect_ops.commands.rotate.cli",
    "skillconnect_ops.commands.rotate.steps",
    "skillconnect_ops.commands.secrets.cli",
    "skillconnect_ops.commands.secrets.steps",
    "skillconnect_ops.evidence.ledger",
    "skillconnect_ops.evidence.retired",
    "skillconnect_ops.journal.hooks",
    "skillconnect_ops.journal.office",
    "skillconnect_ops.terminal.draw",
    "skillconnect_ops.wiring",
    "tests.campaigns.losing",
    "tests.commands.rotate.wired",
    "tests.faults",
    "tests.wire",
)


def _serve() -> None:
    project = cast("Any", import_module("skillconnect_ops.adapters.project"))
    from skillconnect_ops.core.secret import Secret  # noqa: PLC0415 - see LOADED
    from skillconnect_ops.evidence.strength import is_weak  # noqa: PLC0415 - see LOADED

    for module in LOADED:  # here, not by every child anew
        import_module(module)
    # the text is the same in a thousand children, and parsing it half of what each of them does
    project.read = cache(project.read)
    is_weak(Secret("correct horse battery staple"))  # reads its word lists

    for line in sys.stdin.buffer:
        order = msgspec.json.decode(line, type=Order)
        out = Path(order.out)
        for name in ("struck", "calls", "said"):
            (out / name).unlink(missing_ok=True)
        project.read((Path(order.folder) / project.FILE).read_text(), file=project.FILE)
        began = time.monotonic()
        pid = os.fork()
        if pid == 0:
            _obey(order)
        _, status = os.waitpid(pid, 0)
        seconds = round(time.monotonic() - began, 3)
        calls = _read(out / "calls")
        ended = Ended(
            code=os.waitstatus_to_exitcode(status),
            seconds=seconds,
            struck=_read(out / "struck"),
            calls=tuple(Call(*each) for each in json.loads(calls)) if calls else (),
            said=_read(out / "said"),
        )
        os.write(1, msgspec.json.encode(ended) + b"\n")


def _read(path: Path) -> str:
    return path.read_text(errors="replace") if path.exists() else ""


def _obey(order: Order) -> None:
    signal.alarm(_TIMEOUT_S)
    code = 99
    try:
        from skillconnect_ops import app  # noqa: PLC0415 - see LOADED

        os.chdir(order.folder)
        os.environ.clear()
        os.environ.update(order.environment)
        said = os.open(Path(order.out) / "said", os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        quiet = os.open(os.devnull, os.O_RDWR)
        os.dup2(quiet, 0)
        os.dup2(said, 1)
        os.dup2(said, 2)
        with ExitStack() as opened:
            watch = opened.enter_context(_watched(order))
            code = int(app.main(order.argv))
            calls = [(call.step, call.stage, call.name) for call in watch.calls]
            (Path(order.out) / "calls").write_bytes(msgspec.json.encode(calls))
    except BaseException:  # noqa: BLE001 - the server must not see it
        traceback.print_exc()
    finally:
        os._exit(code)


@contextmanager
def _watched(order: Order) -> Iterator[_Watch]:
    """Put the watch between the commands and the world."""
    from tests.wire import redis_message, wire  # noqa: PLC0415 - see LOADED

    with ExitStack() as opened:
        wires = []
        for port, read in zip(order.ports or (), (None, redis_message), strict=False):
            wires.append(opened.enter_context(wire(port, read=read)))
        watch = _Watch(order, wires)
        ways = [
            {f"127.0.0.1:{port}": one.address}
            for port, one in zip(order.ports or (), wires, strict=True)
        ]
        _put_between(watch, ways[1] if ways else {})
        _hurry(watch)
        if ways:
            _lead_through(ways[0])
        yield watch


CHANGING = ("open", "write", "fsync", "replace", "unlink", "mkdir", "rmdir", "ftruncate", "fchmod")


def _put_between(watch: _Watch, way: Mapping[str, str]) -> None:
    """Let the watch count all calls; the cache is reached in another way than its URI says."""
    from skillconnect_ops import wiring  # noqa: PLC0415 - see LOADED
    from skillconnect_ops.adapters.processes import Children  # noqa: PLC0415 - see LOADED
    from skillconnect_ops.disk import shared  # noqa: PLC0415 - see LOADED
    from skillconnect_ops.disk.files import Disk  # noqa: PLC0415 - see LOADED
    from skillconnect_ops.journal.kinds import Kind  # noqa: PLC0415 - see LOADED
    from tests.commands.rotate.wired import FusedServers  # noqa: PLC0415 - see LOADED
    from tests.faults import Fuse, fused  # noqa: PLC0415 - see LOADED

    fuse = cast("Fuse", watch)
    system = fused(cast("Any", os), fuse, only=CHANGING)
    cast("Any", shared.change).__kwdefaults__["system"] = system
    house = cast("Any", wiring.Wiring)
    house.disk = property(lambda _: Disk(system=system))
    house.processes = property(lambda self: fused(Children(self.environment), fuse))
    accounts, logins, kinds = house.accounts, house.logins, wiring._kinds

    @contextmanager
    def watched_accounts(self: Any, *args: Any, **kwargs: Any) -> Iterator[Any]:
        with accounts(self, *args, **kwargs) as managed:
            yield fused(managed, fuse)

    def watched_kinds(self: Any) -> tuple[Kind, ...]:
        return tuple(
            Kind(kind.step, lambda of, kind=kind: _Watched(kind.handler(of), watch))  # type: ignore[misc]
            for kind in kinds(self)
        )

    class Led(FusedServers):
        """The way there is ours to say."""

        def through(self, connect_map: Mapping[str, str]) -> FusedServers:
            return self

    cache = Led(fuse, way)
    house.acl = property(lambda _: cache)
    house.accounts = watched_accounts
    house.logins = lambda self, target: fused(logins(self, target), fuse)
    cast("Any", wiring)._kinds = watched_kinds


def _hurry(watch: _Watch) -> None:
    """No waiting between two looks; where the network goes, deadlines come near by themselves."""
    from skillconnect_ops.adapters.system import SystemClock  # noqa: PLC0415 - see LOADED

    ahead = 0.0

    def sleep(_: object, seconds: float) -> None:
        nonlocal ahead
        ahead += seconds * (HURRY if watch.lost else 1.0)
        time.sleep(0.002)

    clock = cast("Any", SystemClock)
    clock.sleep = sleep
    clock.monotonic = lambda _: time.monotonic() + ahead


def _give_up_soon() -> None:
    """Where nothing answers any more, nothing is gained by asking for long."""

    from skillconnect_ops.adapters.mongo import (  # noqa: PLC0415 - see LOADED
        accounts,
        connection,
        database,
        diagnosis,
        logins,
        nodes,
    )

    for function in (
        connection.Connection.__init__,
        accounts.connect_accounts,
        database.connect,
        logins.ServerLogins.__init__,
        nodes.resolved,
        nodes.survey,
        nodes.direct,
    ):
        bare = getattr(function, "__wrapped__", function)  # of a context manager
        cast("Any", bare).__kwdefaults__["patience_s"] = PATIENCE_S
    nodes.ANSWERS_S = diagnosis.PROBE_S = PATIENCE_S
    cast("Any", accounts).PATIENCE_S = PATIENCE_S
    connection.LOOK_S = connection.LEAST_LOOK_S = connection.PATIENCE_S = PATIENCE_S
    connection.SETTLE_S = 0.0
    patience = property(lambda _: PATIENCE_S, lambda _, __: None)
    cast("Any", connection.Connection)._patience_s = patience
    connection.LOOK_AGAIN_S = 0.02
    connection.GOODBYE_S = PATIENCE_S


def _lead_through(way: Mapping[str, str]) -> None:
    """All connections to the target's database go over the wire."""
    from skillconnect_ops import wiring  # noqa: PLC0415 - see LOADED

    house = cast("Any", wiring.Wiring)
    found = house.target

    def target(self: Any, name: str | None) -> Any:
        aim = found(self, name)
        database = replace(aim.settings.database, connect_map=dict(way))
        return replace(aim, settings=replace(aim.settings, database=database))

    house.target = target


if __name__ == "__main__":
    _serve()
