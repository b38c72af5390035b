"""Several processes at the same files; a disk that is full. Real ones, and no timing."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

WORKERS = 4
LINES = 1500

WORKER = """
import sys
from pathlib import Path
from skillconnect_ops.reference_api import logs

folder, name, lines = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
logs.COMBINED_LIMIT_BYTES, logs.COMBINED_AT_MOST = int(sys.argv[4]), int(sys.argv[5])
with logs.configure(folder=folder, level="info", development=False) as output:
    print("ready", flush=True)
    sys.stdin.readline()
    log = logs.get()
    for at in range(lines):
        say = log.error if at % 10 == 0 else log.info
        say("line", worker=name, at=at, filling="x" * (at * 37 % 9000))
    print(output.lost)
"""

FULL = """
import resource, sys
from pathlib import Path
from skillconnect_ops.reference_api import logs

with logs.configure(folder=Path(sys.argv[1]), level="info", development=False) as output:
    log = logs.get()
    log.info("first", filling="x" * 300)
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (600, hard))
    for _ in range(5):
        log.info("lost", filling="x" * 300)
    lost = output.lost
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    log.info("last")
    print(lost, output.lost)
"""


def started(folder: Path, name: str, *, limit_bytes: int, at_most: int) -> subprocess.Popen[str]:
    argv = [str(folder), name, str(LINES), str(limit_bytes), str(at_most)]
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, *argv],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run_together(folder: Path, *, limit_bytes: int, at_most: int) -> None:
    """Let all begin at once, and see that none has lost a line or said a word."""
    workers = [
        started(folder, str(at), limit_bytes=limit_bytes, at_most=at_most) for at in range(WORKERS)
    ]
    for each in workers:
        assert each.stdout is not None
        assert each.stdout.readline() == "ready\n"
    for each in workers:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    for each in workers:
        out, err = each.communicate(timeout=120)
        assert (out, err, each.returncode) == ("0\n", "", 0)


def lines_of(folder: Path, kind: str) -> list[tuple[str, int]]:
    """Worker and number of each line of a kind; each is a JSON object, and whole."""
    found = []
    for file in folder.glob(f"{kind}-*.log"):
        raw = file.read_bytes()
        assert raw.endswith(b"\n")
        for line in raw.splitlines():
            event = json.loads(line)
            assert len(event["filling"]) == event["at"] * 37 % 9000
            found.append((event["worker"], event["at"]))
    return found


def test_workers_share_files_and_no_line_is_lost_or_torn(tmp_path: Path) -> None:
    limit_bytes = 500_000
    run_together(tmp_path, limit_bytes=limit_bytes, at_most=1000)
    every = {(str(worker), at) for worker in range(WORKERS) for at in range(LINES)}
    assert Counter(lines_of(tmp_path, "combined")) == Counter(every)
    assert Counter(lines_of(tmp_path, "error")) == Counter(e for e in every if e[1] % 10 == 0)
    sizes = [each.stat().st_size for each in tmp_path.glob("combined-*.log")]
    assert max(sizes) <= limit_bytes + WORKERS * 10_000
    assert sorted(sizes)[1] > limit_bytes / 2  # all but the last were filled before they were left


def test_workers_that_flood_the_disk_keep_the_newest_lines_whole(tmp_path: Path) -> None:
    run_together(tmp_path, limit_bytes=100_000, at_most=5)
    assert len(list(tmp_path.glob("combined-*.log"))) <= 5
    found = lines_of(tmp_path, "combined")
    assert found
    assert max(Counter(found).values()) == 1
    assert LINES - 1 in {at for _, at in found}


def test_a_full_disk_fails_no_request_and_tears_no_line(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert done.stdout == "5 5\n"
    (file,) = tmp_path.glob("combined-*.log")
    events = [json.loads(line)["event"] for line in file.read_bytes().splitlines()]
    assert events == ["first", "last"]
    assert [line.split(": ")[1] for line in done.stderr.splitlines()] == [
        "log lines are being lost",
        "log lines are kept again",
    ]
