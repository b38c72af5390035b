"""The stage of a drill with an app on it: the reference API, which runs all the while.

It is `skc api --embedded`: a program of its own on servers of its own. It reads its env file anew
when that changes, and says in its health answer what it has loaded, so nobody restarts anything.
"""

import json
import shlex
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.respond.drill_stage import (
    STRANGER,
    Staged,
    free_port,
    ready,
    tell,
    variables,
)
from skillconnect_ops.commands.scratch import make_user
from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.outcome import Known
from skillconnect_ops.core.ports.services import Service
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.settings.reader import read
from skillconnect_ops.envfile import parse

FOLDER = "drill-api"
_READY_S = 120.0
_LOOK_S = 0.2
_PORTS = range(4100, 4200)
_PASSED_ON = ("PATH", "HOME", "LANG", "PYTHONPATH", "TMPDIR")
_BESIDE = ("servers", "logs", "mails", "run", "admin.env", "admin.txt")


class ApiDidNotStart(Precondition):
    """The reference API is not there, or ended."""


@contextmanager
def staged_api(house: House, place: Path) -> Iterator[Staged]:
    """Set the stage while the block runs.

    Raises:
        ApiDidNotStart: with what it said last.
        Precondition: no port is free.
    """
    project, told = place / FOLDER, place / "told.jsonl"
    with ExitStack() as opened:
        heard: list[str] = []
        port = free_port(house, _PORTS)
        service = opened.enter_context(
            house.services.start(
                *(sys.executable, "-m", "skillconnect_ops", "api", "--embedded", "--keep"),
                *("--folder", str(project), "--port", str(port)),
                folder=place,
                variables=_variables(house),
                heard=heard.append,
            )
        )
        _await(house, service, f"http://127.0.0.1:{port}/health", heard)
        exported = parse((project / "admin.env").read_bytes())
        root, cache = (
            Secret(_word(exported.get(name)))
            for name in ("SKC_MONGO_ADMIN_URI", "SKC_REDIS_ADMIN_URI")
        )
        settings = project / "skc.yaml"
        text = settings.read_text(encoding="utf-8")
        text += f"    backups: {{location: {json.dumps(str(place / 'backups'))}}}\n"
        text += f"notify: {{on_incident: [{json.dumps(tell(told))}]}}\n"
        house.disk.replace(settings, text.encode(), mode=0o600)
        (target, of), *_ = read(text).targets.items()
        database = of.database.name if of.database is not None else None
        if database is None:
            raise ApiDidNotStart(
                "the reference API has no database", why="its skc.yaml names none", fix="skc api"
            )
        make_user(house, root, name=STRANGER, database=database)
        ready(house, place, project, beside=_BESIDE)
        values = parse((project / ".env").read_bytes())
        names = [one.env for one in of.secrets.values()]
        yield Staged(
            project=project,
            variables=variables(place, root, cache),
            root=root,
            told=told,
            before={name: Secret(values.get(name) or "") for name in names},
            in_place=any(one.in_place for one in of.secrets.values()),
            database=database,
            target=target,
            health=f"http://127.0.0.1:{port}/health",
        )


def _variables(house: House) -> dict[str, str]:
    found = {name: house.environment.get(name) for name in _PASSED_ON}
    return {name: value for name, value in found.items() if value}


def _await(house: House, service: Service, url: str, heard: list[str]) -> None:
    until = house.clock.monotonic() + _READY_S
    while service.wait(_LOOK_S) is None:
        if isinstance(house.health.ask(url, patience_s=2.0), Known):
            return
        if house.clock.monotonic() > until:
            break
    raise ApiDidNotStart(
        "the reference API did not start",
        why=heard[-1] if heard else "it said nothing",
        fix="pip install 'skillconnect-ops[api,demo]'   # and try: skc api --embedded",
    )


def _word(value: str | None) -> str:
    """A value that is written for a shell."""
    return "".join(shlex.split(value or ""))
