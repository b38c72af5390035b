"""The program: `serve`, `admin` to make the first administrator, `openapi` for its description.

python -m skillconnect_ops.reference_api serve --env-file .env --port 4000 --workers 2
python -m skillconnect_ops.reference_api admin ops@example.org --env-file .env < password
"""

import argparse
import asyncio
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from skillconnect_ops.reference_api import process
from skillconnect_ops.reference_api.settings import (
    ADMIN_RING,
    USER_RING,
    BadSettings,
    Settings,
)

if TYPE_CHECKING:
    from uvicorn import Config

REFUSED = 3
KEYS = {USER_RING, ADMIN_RING, "METRICS_TOKEN"}
_WORKER = "skillconnect_ops.reference_api.worker:create"
_GRACE_S = 10
_NOT_STARTED = 3
"""The server's exit code where a worker's start fails."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run; gives the exit code."""
    options = _options().parse_args(argv)
    if options.command == "openapi":
        return _openapi()
    process.take(options.env_file)
    try:
        settings = process.given().source.read()
    except BadSettings as error:
        _complain(error)
        return REFUSED
    if options.command == "admin":
        return _admin(settings, options.email)
    return _serve(options)


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m skillconnect_ops.reference_api")
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="serve requests")
    serve.add_argument("--env-file", help="default: the environment alone")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=4000)
    serve.add_argument("--workers", type=int, default=1)
    admin = commands.add_parser("admin", help="make an administrator; reads a password")
    admin.add_argument("email")
    admin.add_argument("--env-file")
    commands.add_parser("openapi", help="print the API's description (OpenAPI, JSON)")
    return parser


def _serve(options: argparse.Namespace) -> int:
    # the server ends well, and then raises the signal once more for whoever waited for it
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    process.tidy()
    with tempfile.TemporaryDirectory(prefix=process.run_folder_prefix()) as folder:
        process.share(Path(folder), workers=options.workers)
        import uvicorn  # noqa: PLC0415 - what it imports looks at the environment

        how: dict[str, Any] = {
            "factory": True,
            "host": options.host,
            "port": options.port,
            "workers": options.workers,
            "http": "skillconnect_ops.reference_api.gate.heads:Wire",
            "ws": "websockets-sansio",
            "ws_max_size": 65_536,
            "ws_per_message_deflate": False,
            "access_log": False,
            "log_config": None,
            "server_header": False,
            "proxy_headers": False,
            "timeout_keep_alive": 15,
            "timeout_graceful_shutdown": _GRACE_S,
            "backlog": 2048,
        }
        if options.workers > 1:
            return _with_several(uvicorn.Config(_WORKER, **how))
        uvicorn.run(_WORKER, **how)
    return 0


def _with_several(config: "Config") -> int:
    """Serve with several workers; the server gives up where one of them cannot start."""
    from uvicorn.supervisors import Multiprocess  # noqa: PLC0415 - as above

    supervisor = Multiprocess(config, sockets=[config.bind_socket()])
    supervisor.run()
    # it tells nobody, and ends as if it had been asked to
    ended = [worker.process.exitcode for worker in supervisor.processes]
    return _NOT_STARTED if _NOT_STARTED in ended else 0


def _openapi() -> int:
    from skillconnect_ops.reference_api.app import application  # noqa: PLC0415 - the others wait

    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(application().openapi())))
    sys.stdout.write("\n")
    return 0


def _admin(settings: Settings, email: str) -> int:
    from skillconnect_ops.reference_api.first_admin import Refused, make  # noqa: PLC0415 - as above

    password = sys.stdin.readline().rstrip("\n")
    try:
        asyncio.run(make(settings, email=email, password=password))
    except Refused as error:
        _say("error: no administrator was made", f"why:   {error}", "fix:   try again")
        return REFUSED
    return 0


def _complain(error: BadSettings) -> None:
    weak = [one.name for one in error.problems if one.name in KEYS]
    good = f"skc secrets generate --env {weak[0]} --replace" if weak else ""
    fix = f"{good}   # a good value; then start again" if weak else f"set {error.names}"
    _say("error: the settings are refused", f"why:   {error}", f"fix:   {fix}")


def _say(*lines: str) -> None:
    sys.stderr.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    sys.exit(main())
