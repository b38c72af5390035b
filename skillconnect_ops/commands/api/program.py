"""The reference API as a program: what it is made of, and how it is started."""

import sys
from importlib.util import find_spec
from pathlib import Path

from skillconnect_ops.commands.api.model import Asked, ExtraMissing, Setting

# not from the working folder: a `fastapi.py` that lies there is none of ours
START = (sys.executable, "-P", "-m", "skillconnect_ops.reference_api")
MADE_OF = (
    *("fastapi", "uvicorn", "uvloop", "httptools", "hiredis", "websockets", "jwt", "argon2"),
    *("email_validator", "pyotp", "segno", "structlog", "prometheus_client", "socketio"),
    "watchfiles",
)
"""The modules of the extra `api`."""


def ensure_installed() -> None:
    """See that the extra is there; nothing of it is imported.

    Raises:
        ExtraMissing: it is not, or not all of it.
    """
    missing = [name for name in MADE_OF if find_spec(name) is None]
    if missing:
        raise ExtraMissing(
            "the API is not installed",
            why=f"no module called {', '.join(missing)} is there",
            fix="pip install 'skillconnect-ops[api]'",
        )


def serving(asked: Asked, setting: Setting) -> tuple[str, ...]:
    """The command line of an API."""
    return (
        *(*START, "serve", "--env-file", str(setting.env_file)),
        *("--host", setting.host, "--port", str(setting.port), "--workers", str(asked.workers)),
    )


def administrator(email: str, env_file: Path) -> tuple[str, ...]:
    """The command line that makes an administrator's account."""
    return (*START, "admin", email, "--env-file", str(env_file))
