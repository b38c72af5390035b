"""`skc scrub` against `git filter-repo --replace-text`, each on a copy of the same leaked history.

SKC_BENCH_REPOSITORY names a repository; SKC_BENCH_ROUNDS changes the rounds. Two leaks are made of
it: late (a file with a secret in a hundred commits on top) and early (in every commit from the
first on). Both take turns, round by round, and both pack the repository at the end. `skc` does
more: it keeps a bundle and looks at everything again, so the time of what both do is told apart.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median

import pytest

from tests.benchmarks.measure import Figures, run_tree, table

ROUNDS = int(os.environ.get("SKC_BENCH_ROUNDS", "3"))
VALUE = "Zx8k2LmQv9TpW4rY7nBd" + "Qq31"
LATE = 100
SKC = (sys.executable, "-m", "skillconnect_ops", "scrub")


def _git(folder: Path, *words: str, given: bytes | None = None) -> bytes:
    argv = ["git", "-C", str(folder), *words]
    return subprocess.run(argv, input=given, check=True, capture_output=True).stdout


def _late(source: Path, target: Path) -> None:
    subprocess.run(
        ["git", "clone", "-q", "--mirror", "--no-hardlinks", str(source), str(target)], check=True
    )
    head = _git(target, "symbolic-ref", "HEAD").strip()
    commits = []
    for number in range(LATE):
        content = f"A=1\nSECRET={VALUE}\nN={number}\n".encode()
        begins = b"from %s^0\n" % head if not number else b""
        commits.append(
            b"commit %s\ncommitter A <a@example.org> %d +0000\ndata 4\nlate\n%s"
            b"M 100644 inline config/app.env\ndata %d\n%s\n"
            % (head, 1_790_000_000 + number, begins, len(content), content)
        )
    _git(target, "fast-import", "--quiet", given=b"".join(commits))


def _early(source: Path, target: Path) -> None:
    """The file is put into every commit that has no parent, and nothing takes it out again."""
    subprocess.run(["git", "init", "-q", "--bare", str(target)], check=True)
    content = f"A=1\nSECRET={VALUE}\n".encode()
    added = b"M 100644 inline config/app.env\ndata %d\n%s\n" % (len(content), content)
    export = ["git", "-C", str(source), "fast-export", "--all", "--signed-tags=strip"]
    with (
        subprocess.Popen([*export, "--reencode=no"], stdout=subprocess.PIPE) as told,
        subprocess.Popen(
            ["git", "-C", str(target), "fast-import", "--quiet"], stdin=subprocess.PIPE
        ) as taken,
    ):
        assert told.stdout is not None
        assert taken.stdin is not None
        awaits = in_commit = False
        for line in told.stdout:
            if awaits and not line.startswith(b"from "):
                taken.stdin.write(added)
            awaits = False
            taken.stdin.write(line)
            if line.startswith(b"commit "):
                in_commit = True
            elif line.startswith(b"data "):
                taken.stdin.write(told.stdout.read(int(line.split()[1])))
                awaits, in_commit = in_commit, False
        taken.stdin.close()
    _git(target, "symbolic-ref", "HEAD", _git(source, "symbolic-ref", "HEAD").decode().strip())


@pytest.fixture(params=["late", "early"])
def leaked(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    told = os.environ.get("SKC_BENCH_REPOSITORY")
    if told is None:
        pytest.skip("SKC_BENCH_REPOSITORY names no repository")
    make: Callable[[Path, Path], None] = {"late": _late, "early": _early}[request.param]
    target = tmp_path / str(request.param)
    make(Path(told).resolve(), target)
    _git(target, "repack", "-adq")
    return target


@pytest.mark.bench
@pytest.mark.timeout(7200)
def test_scrubbing(leaked: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    peer = shutil.which("git-filter-repo")
    assert peer is not None
    (tmp_path / "values").write_text(f"{VALUE}\n")
    (tmp_path / "replacements").write_text(f"{VALUE}==>***REMOVED***\n")
    rows: dict[str, list[Figures]] = {"git filter-repo": [], "skc scrub": []}
    same: list[tuple[float, float]] = []
    proofs: list[float] = []
    env = {**os.environ, "XDG_STATE_HOME": str(tmp_path / "state")}
    for turn in range(ROUNDS):
        theirs, ours = tmp_path / f"theirs-{turn}", tmp_path / f"ours-{turn}"
        for copy in (theirs, ours):
            shutil.copytree(leaked, copy)
        words = (peer, "--force", "--quiet", "--replace-text", str(tmp_path / "replacements"))
        rows["git filter-repo"].append(run_tree(words, env=env, cwd=theirs))
        told = tmp_path / f"{turn}.json"
        own: tuple[str, ...] = (*SKC, "--values-from", str(tmp_path / "values"), "--plain-bundle")
        own = (*own, "--not-rotated-yet", "--confirm", ours.name, "--format", "json")
        rows["skc scrub"].append(run_tree((*own, "--out", str(told)), env=env, cwd=ours))
        report = json.loads(told.read_text())
        proof = report["facts"]["scrub"]["proof"]
        assert proof["holds"]
        more = proof["seconds"] + next(
            one["seconds"] for one in report["steps"] if one["key"] == "save:history"
        )
        wall = rows["skc scrub"][-1].wall_s
        same.append((wall - more, rows["git filter-repo"][-1].wall_s))
        proofs.append(proof["size_bytes"] / proof["seconds"] / 1e6)
        for copy in (theirs, ours):
            shutil.rmtree(copy)
    ratios = sorted(theirs / ours for ours, theirs in same)
    with capsys.disabled():
        sys.stdout.write(
            f"\n{leaked.name} leak, {report['facts']['scrub']['commits']:,} commits rewritten\n"
            f"{table(rows, against='git filter-repo')}\n"
            f"without bundle and proof, filter-repo / skc: min {ratios[0]:.2f}  "
            f"median {median(ratios):.2f}  max {ratios[-1]:.2f}\n"
            f"proof: median {median(proofs):.0f} MB/s of unpacked data\n"
        )
