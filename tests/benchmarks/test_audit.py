"""What the console check costs, beside oxlint and ESLint on the same files; ratios, no bars."""

import json
import os
import random
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from skillconnect_ops.code.discovery import walked
from tests.benchmarks.measure import Figures, run_tree
from tests.npm import install

ROOT = Path(__file__).parents[2]
FILES = 8_000
USERS = 500
"""About the share of files that hold the word at all in the repositories that were measured."""
REAL = "SKC_BENCH_SOURCES"
"""Names a folder with real repositories to be measured in the place of made-up ones."""
PEERS = ("oxlint@1.94.0", "eslint@9.39.5", "@typescript-eslint/parser@8.74.0", "typescript@5.9.3")
SUFFIXES = (".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts")
CONFIG = """
const parser = require(require.resolve("@typescript-eslint/parser", {{ paths: [{peers}] }}));
module.exports = [{{
  files: ["**/*.{{js,jsx,mjs,cjs,ts,tsx,mts,cts}}"],
  linterOptions: {{ reportUnusedDisableDirectives: "off" }},
  languageOptions: {{ parser, parserOptions: {{ ecmaFeatures: {{ jsx: true }} }} }},
  rules: {{ "no-console": "warn" }},
}}];
"""
BODY = """\
import express from 'express';
const router = express.Router();
router.get('/{n}', async (req, res, next) => {{
  try {{
    const found = await Model{n}.find({{ owner: req.user._id }}).sort({{ createdAt: -1 }});
    const text = `found ${{found.length}} of ${{req.params.id}}`;  // what they asked for
    res.status(200).json({{ ok: true, found, count: found.length, text }});
  }} catch (error) {{
    next(error);
  }}
}});
"""


def generated(root: Path, *, files: int, users: int) -> int:
    """Sources of about 60 to 180 lines; some print. Gives how often."""
    chance = random.Random(20260113)
    prints = 0
    for number in range(files):
        folder = root / f"src{number % 100}"
        folder.mkdir(exist_ok=True)
        text = "".join(BODY.format(n=n) for n in range(chance.randint(5, 15)))
        if number < users:
            many = chance.randint(1, 5)
            text += "".join(f"console.log('{n}', req.id);\n" for n in range(many))
            prints += many
        (folder / f"file{number}.{chance.choice(['js', 'ts', 'tsx', 'mjs'])}").write_text(text)
    return prints


def audited(folder: Path, out: Path, env: Mapping[str, str], *words: str) -> Figures:
    argv = [sys.executable, "-m", "skillconnect_ops", "audit", "--select", "console-call"]
    argv += [*words, "--format", "json", "--out", str(out)]
    return run_tree(argv, env={**env, "PYTHONPATH": str(ROOT)}, cwd=folder)


def test_a_small_project_is_counted_right(
    tmp_path: Path, clean_environment: dict[str, str]
) -> None:
    sources = tmp_path / "sources"
    sources.mkdir()
    prints = generated(sources, files=40, users=10)
    audited(sources, tmp_path / "out.json", clean_environment)
    assert len(json.loads((tmp_path / "out.json").read_text())["findings"]) == prints


@pytest.mark.bench
def test_the_console_check_beside_its_peers(
    tmp_path: Path, clean_environment: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    packages = install(tmp_path / "peers", *PEERS)
    real = os.environ.get(REAL)
    sources = Path(real) if real else tmp_path / "sources"
    if not real:
        sources.mkdir()
        generated(sources, files=FILES, users=USERS)
    listed = [path for path in walked(sources).files if path.endswith(SUFFIXES)]
    lines = sum((sources / path).read_bytes().count(b"\n") for path in listed)
    tools = packages / "node_modules/.bin"
    env = {**clean_environment, "NODE_OPTIONS": "--max-old-space-size=4096"}
    config = tmp_path / "eslint.config.cjs"
    config.write_text(CONFIG.format(peers=json.dumps(str(packages))))
    ours = min(
        (audited(sources, tmp_path / "out.json", env) for _ in range(3)), key=lambda one: one.cpu_s
    )
    oxlint = [str(tools / "oxlint"), "-A", "all", "-D", "no-console", "--silent", "."]
    theirs = min(
        (run_tree(oxlint, env=env, cwd=sources) for _ in range(3)), key=lambda one: one.cpu_s
    )
    eslint = [str(tools / "eslint"), "--no-config-lookup", "-c", str(config), "."]
    slow = run_tree(eslint, env=env, cwd=sources)
    said = sources / "output.txt"
    assert "no-console" in said.read_text(), said.read_text()[-2000:]
    said.unlink()
    with capsys.disabled():
        sys.stdout.write(
            f"\n{len(listed):,} files, {lines:,} lines\n"
            f"skc audit   {ours.cpu_s:6.2f} CPU s, {ours.cpu_s / lines * 1e6:.2f} a million lines, "
            f"{ours.rss_bytes / 1e6:.0f} MB\n"
            f"oxlint      {theirs.cpu_s:6.2f} CPU s; skc/oxlint {ours.cpu_s / theirs.cpu_s:.2f}\n"
            f"ESLint      {slow.cpu_s:6.2f} CPU s; skc/ESLint 1/{slow.cpu_s / ours.cpu_s:.0f}\n"
        )


@pytest.mark.bench
def test_a_change_of_twenty_files(
    tmp_path: Path, clean_environment: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    sources = tmp_path / "sources"
    sources.mkdir()
    generated(sources, files=FILES, users=USERS)

    def git(*words: str) -> None:
        who = ("-c", "user.name=Ada", "-c", "user.email=ada@shop.invalid")
        subprocess.run(
            ["git", *who, *words],
            cwd=sources,
            env=clean_environment,
            check=True,
            capture_output=True,
        )

    git("init", "-q", "--initial-branch=main")
    git("add", ".")
    git("commit", "-q", "-m", "one")
    for path in sorted(sources.rglob("file*.ts"))[:20]:
        path.write_text(f"{path.read_text()}console.log('new');\n")
    best = {}
    for words in (("--changed",), ("--staged",)):
        git("add", ".")
        runs = [
            audited(sources, tmp_path / "out.json", clean_environment, *words) for _ in range(5)
        ]
        found = json.loads((tmp_path / "out.json").read_text())["findings"]
        assert len(found) == 20
        best[words[0]] = min(runs, key=lambda one: one.wall_s)
        git("reset", "-q")
        (sources / "output.txt").unlink()
    with capsys.disabled():
        for name, one in best.items():
            sys.stdout.write(
                f"\n20 of {FILES:,} files, {name}: {one.wall_s * 1e3:.0f} ms, "
                f"{one.cpu_s * 1e3:.0f} ms of CPU (goal 400)\n"
            )
