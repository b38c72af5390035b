"""The results of the rotation's fault campaign, kept between runs and printed as a table.

Results belong to the code and the seed that they were made with; those of other code do not count.
"""

import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import msgspec

from tests.campaigns.rotate_runs import SEED, Made, fingerprint

FOLDER = Path(__file__).parents[2] / ".campaign" / "rotate"


@cache
def file() -> Path:
    """Where the results of this code and this seed are."""
    return FOLDER / f"{fingerprint()}.jsonl"


def keep(made: Made) -> None:
    """Remember a result: one line, one write, whichever process it comes from."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with file().open("ab", buffering=0) as opened:
        opened.write(msgspec.json.encode(made) + b"\n")


def known() -> Mapping[str, Made]:
    """The newest result of each run."""
    try:
        lines = file().read_bytes().splitlines()
    except FileNotFoundError:
        return {}
    return {made.run.name: made for made in map(_made, lines)}


def _made(line: bytes) -> Made:
    return msgspec.json.decode(line, type=Made)


def table(results: Iterable[Made]) -> list[str]:
    """Lines for people: step x fault, and for each way on how many ended well of how many."""
    cells: dict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
    ways: dict[str, None] = {}
    times: list[float] = []
    of_row: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    fresh: list[float] = []
    troubles: list[str] = []
    counts: Counter[str] = Counter()
    for made in results:
        run = made.run
        way = f"+{run.way}" if run.twice else run.way
        ways[way] = None
        cell = cells[run.story, run.step, run.what.value]
        cell[way] += 1
        cell[f"{way} ok"] += not made.trouble
        counts["double" if run.twice else "single"] += 1
        times += made.resume_s
        of_row[run.story, run.step, run.what.value] += [*made.resume_s, *made.fresh_s]
        fresh += made.fresh_s
        troubles += [f"  {run.name}: {made.trouble}"] if made.trouble else []
    known_ways = ("resume", "rollback", "again", "status", "+resume", "+rollback", "+again")
    heads = [way for way in known_ways if way in ways]
    lines = [f"{'story: step':<42}{'fault':<14}" + "".join(f"{way:>11}" for way in heads)]
    lines[0] += f"{'resume, max s':>16}"
    for (story, step, what), cell in sorted(cells.items()):
        took = of_row[story, step, what]
        row = "".join(f"{_share(cell, way):>11}" for way in heads)
        where = f"{story}: {step}"
        lines.append(f"{where[:41]:<42}{what:<14}{row}{_seconds(took):>16}")
    lines.append(
        f"{counts['single']} runs and {counts['double']} double crashes (+: killed again within "
        f"it), seed {SEED}; not as they should be: {len(troubles)}"
    )
    for how, each in (("", times), ("in a fresh interpreter, ", fresh)):
        if each:
            lines.append(
                f"skc journal resume, {how}{len(each)} times: median "
                f"{statistics.median(each):.2f} s, longest {max(each):.2f} s"
            )
    return lines + troubles


def _seconds(took: list[float]) -> str:
    """The median and the longest."""
    return f"{statistics.median(took):.2f} {max(took):.2f}" if took else "-"


def _share(cell: Counter[str], way: str) -> str:
    """`ok/count`."""
    return f"{cell[f'{way} ok']}/{cell[way]}" if cell[way] else "-"


if __name__ == "__main__":
    print("\n".join(table(known().values())))  # noqa: T201
