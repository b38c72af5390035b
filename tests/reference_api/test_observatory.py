"""A judge of others: the tests of MDN's HTTP Observatory, over TLS, with our program in production.

They are made for sites that show pages; a refused request of an API is judged by the same rules.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from skillconnect_ops.adapters.embedded import Mongod
from skillconnect_ops.core.secret import Secret
from tests.certificates import Authority
from tests.npm import install
from tests.programs import needs
from tests.reference_api.proxy import proxy
from tests.reference_api.served import serve

SCRIPT = Path(__file__).parent / "observatory" / "scan.mjs"
NAME = "api.skillconnect.test"
PAGE = "/api/v1/user/profile"


@pytest.fixture
def observatory(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the script and the package."""
    # its own script after the installation would download lists; an empty one of preloaded names
    # is right for a name that nobody has registered
    package = "@mdn/mdn-http-observatory"
    shared = tmp_path_factory.getbasetemp().parent / "observatory"
    installed = install(shared, f"{package}@1.4.8", "--ignore-scripts")
    (installed / "node_modules" / package / "conf" / "hsts-preload.json").write_text("{}")
    folder = tmp_path / "observatory"
    folder.mkdir()
    (folder / "node_modules").symlink_to(installed / "node_modules")
    shutil.copy(SCRIPT, folder)
    return folder


@pytest.mark.long
def test_the_observatory_finds_nothing_that_fails(
    observatory: Path,
    tmp_path: Path,
    one_node: Mongod,
    redis_server: Secret,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = tmp_path / "program"
    folder.mkdir()
    authority = Authority(tmp_path, name=NAME)
    with proxy() as plain, proxy(authority.server()) as encrypted:
        base = f"https://{NAME}:{encrypted.port}/api/v1"
        with serve(folder, one_node, redis_server, production=True, BASE_URL=base) as program:
            plain.upstream = encrypted.upstream = program.port
            moved = httpx.get(f"http://127.0.0.1:{plain.port}{PAGE}")
            assert moved.status_code == 308
            assert moved.headers["Location"] == f"https://{NAME}:{encrypted.port}{PAGE}"
            done = subprocess.run(
                [needs("node"), "scan.mjs", NAME, str(plain.port), str(encrypted.port), PAGE],
                cwd=observatory,
                env={"PATH": os.environ["PATH"], "NODE_EXTRA_CA_CERTS": str(authority.file)},
                capture_output=True,
                text=True,
                check=False,
                timeout=120,
            )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    with capsys.disabled():
        sys.stdout.write(f"\nHTTP Observatory: {found['grade']} ({found['score']})\n")
        for name, said in found["tests"].items():
            sys.stdout.write(f"  {name:34}{said['modifier']:+4}  {said['result']}\n")
    assert found["verified"]
    assert found["status"] == 401
    assert [name for name, said in found["tests"].items() if not said["pass"]] == []
    assert found["grade"] == "A+"
