"""Express with the packages that the action plan names, as a peer of our program."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.npm import install
from tests.programs import needs

HERE = Path(__file__).parent
PACKAGES = (
    *("express@5.3.0", "express-rate-limit@8.7.4", "rate-limit-redis@6.0.1", "ioredis@6.0.0"),
    *("helmet@8.3.0", "cors@2.8.6", "pino@10.4.0", "jsonwebtoken@9.0.3", "mongodb@7.9.0"),
)


def packages(base: Path) -> Path:
    """The folder with them, shared by all workers of a test run.

    Args:
        base: `tmp_path_factory.getbasetemp()`.
    """
    return install(base.parent / "express-peer", *PACKAGES)


@contextmanager
def running(
    script: str, folder: Path, installed: Path, **variables: str
) -> Iterator[tuple[str, int]]:
    """Run an app of this folder; gives its URL and its process id.

    Args:
        script: its file.
        folder: an empty one.
        installed: what `packages` gave.
        variables: its environment.
    """
    (folder / script).write_text((HERE / script).read_text())
    (folder / "node_modules").symlink_to(installed / "node_modules")
    with subprocess.Popen(
        [needs("node"), script],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "NODE_ENV": "production", **variables},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            port = process.stdout.readline().strip()
            assert port.isdigit(), "the app did not start"
            yield f"http://127.0.0.1:{port}", process.pid
        finally:
            process.terminate()
