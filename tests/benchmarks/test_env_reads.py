"""How long it takes to read a project's code for its environment variables."""

import random
import sys
import time
from pathlib import Path

import pytest

from skillconnect_ops.adapters.git import GitProgram
from skillconnect_ops.adapters.system import ProcessEnvironment
from skillconnect_ops.code.discovery import discover
from skillconnect_ops.code.environment import look

FILES = 10_000
READERS = 600
"""About the share of files that name `env` at all in the repositories that were measured."""
GOAL_S = 3.0
BODY = """\
import express from 'express';
const router = express.Router();
router.get('/{n}', async (req, res, next) => {{
  try {{
    const found = await Model{n}.find({{ owner: req.user._id }}).sort({{ createdAt: -1 }});
    res.status(200).json({{ ok: true, found, count: found.length }});
  }} catch (error) {{
    next(error);
  }}
}});
"""


def generated(root: Path, *, files: int, readers: int) -> None:
    """Sources of about 60 to 300 lines; some of them read a variable."""
    chance = random.Random(20260113)
    for number in range(files):
        folder = root / f"src{number % 100}"
        folder.mkdir(exist_ok=True)
        text = "".join(BODY.format(n=n) for n in range(chance.randint(6, 30)))
        if number < readers:
            text += (
                f"const a = process.env.NAME_{number} || 'x';\nuse(process.env['B_{number}']);\n"
            )
        (folder / f"file{number}.{chance.choice(['js', 'ts', 'tsx', 'mjs'])}").write_text(text)


def test_a_small_project_is_read_right(tmp_path: Path) -> None:
    generated(tmp_path, files=60, readers=20)
    listing = discover(tmp_path, git=GitProgram(ProcessEnvironment()))
    assert len({read.name for read in look(tmp_path, listing.files).reads}) == 40


@pytest.mark.bench
def test_ten_thousand_files_are_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    generated(tmp_path, files=FILES, readers=READERS)
    git = GitProgram(ProcessEnvironment())
    best = float("inf")
    for _ in range(3):
        began = time.process_time()
        listing = discover(tmp_path, git=git)
        found = look(tmp_path, listing.files)
        best = min(best, time.process_time() - began)
    assert len({read.name for read in found.reads}) == 2 * READERS
    with capsys.disabled():
        sys.stdout.write(
            f"\n{FILES:,} files, {READERS} of them read: {best:.2f} CPU s (goal {GOAL_S:.0f} s)\n"
        )
