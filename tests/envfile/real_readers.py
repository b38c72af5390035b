"""The readers of env files themselves, many files to one process: npm's dotenv, Node, bash."""

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from dotenv import dotenv_values

from tests.envfile.generator import NAMES
from tests.npm import install
from tests.programs import needs

DOTENV = "18.0.10"
_NODE = """
const { parse } = require('dotenv'); const { parseEnv } = require('node:util'); const fs = require('fs');
const files = fs.readFileSync(process.argv[2]); const out = [];
for (let at = 0; at < files.length;) {
  const size = files.readUInt32LE(at); const file = files.subarray(at + 4, at + 4 + size);
  out.push([parse(file), parseEnv(file.toString())]); at += 4 + size;
}
fs.writeFileSync(process.argv[3], JSON.stringify(out));
"""  # noqa: E501
_BASH = r"""
shopt -u sourcepath
cd empty || exit 1
PATH=/nonexistent
for ((number = 0; number < $1; number++)); do
    unset -v @NAMES@
    source ../files/$number >/dev/null 2>&1 </dev/null
    for name in @NAMES@; do printf '%s\0' "${!name+x}${!name-}"; done
done
"""


def install_dotenv(folder: Path) -> Path:
    """A folder whose `node_modules` holds npm's dotenv; made once, whoever comes first."""
    return install(folder, f"dotenv@{DOTENV}")


def node() -> str:
    """The path of a Node that has its own reader of env files (20.12 and later)."""
    program = needs("node")
    code = "process.exit(require('node:util').parseEnv ? 0 : 1)"
    if subprocess.run([program, "-e", code], check=False).returncode != 0:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("needs Node 20.12 or later")
    return program


def with_node(files: Sequence[bytes], *, modules: Path) -> list[tuple[dict[str, str], ...]]:
    """What npm's dotenv and Node's own parser (that of `--env-file`) make of each file."""
    batch, out = modules / "batch", modules / "out.json"
    batch.write_bytes(b"".join(len(data).to_bytes(4, "little") + data for data in files))
    program = modules / "read.js"
    program.write_text(_NODE)
    subprocess.run([node(), str(program), str(batch), str(out)], check=True, timeout=600)
    return [tuple(made) for made in json.loads(out.read_text())]


def with_bash(files: Sequence[bytes], *, folder: Path) -> list[dict[str, str]]:
    """What bash has in the variables of `NAMES` after `source`, file by file."""
    (folder / "files").mkdir(parents=True, exist_ok=True)
    (folder / "empty").mkdir(exist_ok=True)
    for number, data in enumerate(files):
        (folder / "files" / str(number)).write_bytes(data)
    script = _BASH.replace("@NAMES@", " ".join(NAMES))
    ran = subprocess.run(
        [needs("bash"), "--norc", "-c", script, "bash", str(len(files))],
        cwd=folder,
        env={"LC_ALL": "C.UTF-8"},
        check=True,
        capture_output=True,
        timeout=600,
    )
    told = ran.stdout.split(b"\0")[:-1]
    assert len(told) == len(files) * len(NAMES)
    return [
        {
            name: text[1:].decode("utf-8", errors="replace")
            for name, text in zip(NAMES, told[at : at + len(NAMES)], strict=True)
            if text
        }
        for at in range(0, len(told), len(NAMES))
    ]


def with_python_dotenv(data: bytes, file: Path) -> dict[str, str | None]:
    """What `dotenv_values` makes of a file, interpolation and all."""
    file.write_bytes(data)
    return dict(dotenv_values(file))
