"""`skc scrub --regex`: what a pattern matches becomes a literal value, and goes in any form."""

import base64
import time

import pytest
from msgspec.structs import replace

from skillconnect_ops.adapters.crew import ChildProcesses
from skillconnect_ops.adapters.objects.repositories import GitRepositories
from skillconnect_ops.adapters.objects.stream import OVERLAP_BYTES
from skillconnect_ops.adapters.system import ProcessEnvironment
from skillconnect_ops.history import patterns
from skillconnect_ops.history.patterns import Matches, matches
from tests.commands.scrub import judge
from tests.commands.scrub.hiding import WHERE_PIECES_MEET, Hiding, word
from tests.commands.scrub.judge import Judge
from tests.commands.scrub.scrubbing import facts, scrub
from tests.conftest import Skc

pytestmark = pytest.mark.timeout(120)

PATTERN = "key-[A-Za-z0-9]{28}-end"


class NoTicker:
    """Counts nothing."""

    def advance(self, amount: int) -> None:
        """Nothing."""

    def describe(self, text: str) -> None:
        """Nothing."""


def key() -> str:
    return f"key-{word()}-end"


def gone(shop: Hiding, *values: str) -> bool:
    return Judge([value.encode() for value in values]).places(shop.root) == []


def looked(shop: Hiding, *wanted: str, children: bool = False, limit_s: float = 10) -> Matches:
    repository = GitRepositories(ProcessEnvironment()).open(shop.root)
    assert repository is not None
    crew = ChildProcesses(most=2, worth_bytes=0 if children else 1 << 40)
    return matches(
        repository,
        wanted,
        crew=crew,
        ticker=NoTicker(),
        most=300,
        least_bytes=6,
        limit_s=limit_s,
    )


def test_what_matches_anywhere_in_plain_text_goes_from_everywhere(skc: Skc, shop: Hiding) -> None:
    values = [key() for _ in range(4)]
    shop.commit("a.js", f"let a = '{values[0]}'\n", "a")
    shop.commit("a.js", f"let a = '{values[1]}'\n", "b")
    shop.commit("c.js", "let c\n", f"with {values[2]}")
    shop.git("tag", "-a", "v1", "-m", f"with {values[3]}")
    encoded = base64.b64encode(f"x{values[0]}".encode()).decode()
    shop.commit("encoded.txt", f"{encoded}\n", "the first once more")
    ran = scrub(skc, shop.root, [], "--regex", PATTERN)
    assert facts(ran)["values"] == len(values)
    assert gone(shop, *values)
    assert judge.clean(shop.root) == ""
    assert not any(value in ran.stdout + ran.stderr for value in values)


def test_the_plan_says_how_many_values_each_pattern_gave_and_none_of_them(
    skc: Skc, shop: Hiding
) -> None:
    values = [key(), key()]
    shop.commit("a.js", "".join(f"'{value}'\n" for value in values), "a")
    words = ("--regex", PATTERN, "--regex", "nowhere-[0-9]{9}", "--dry-run")
    ran = scrub(skc, shop.root, [], *words)
    assert ran.code == 0, ran.stderr
    assert "pattern 1 gives 2 values" in ran.stderr
    assert "pattern 2 gives 0 values" in ran.stderr
    assert not any(value in ran.stdout + ran.stderr for value in values)


def test_of_a_pattern_with_a_group_the_group_is_the_value(skc: Skc, shop: Hiding) -> None:
    value = word()
    shop.commit("a.env", f"TOKEN={value}\nOTHER=1\n", "a")
    facts(scrub(skc, shop.root, [], "--regex", r"TOKEN=(\S+)"))
    assert (shop.root / "a.env").read_text() == "TOKEN=***REMOVED***\nOTHER=1\n"


@pytest.mark.parametrize("pattern", [r"TOKEN=(\S+)", r"TOKEN=\S+", r"\S{12,}"])
def test_a_second_run_takes_no_mask_for_a_value(skc: Skc, shop: Hiding, pattern: str) -> None:
    shop.commit("a.txt", f"TOKEN={word()}\n", "a")
    facts(scrub(skc, shop.root, [], "--regex", pattern))
    before = judge.git(shop.root, "for-each-ref")
    again = scrub(skc, shop.root, [], "--regex", pattern)
    assert again.code == 0, again.stderr
    assert "nothing to do" in again.stderr
    assert judge.git(shop.root, "for-each-ref") == before


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("a(", "missing ), unterminated subpattern at letter 2"),
        ("[a-z]*", "it matches where there is nothing"),
        ("", "it matches where there is nothing"),
        ("(?=shop)", "it matches 0 bytes somewhere"),
        ("shop", "it matches 4 bytes somewhere"),
        (r"=\S(\S{3})", "it matches 3 bytes somewhere"),
        (r"(?s)line.*", "it matches 20,"),
        (r"line-[0-9]{4}", "it matches more than 300 different values"),
    ],
)
def test_a_pattern_that_would_take_what_is_no_secret_is_refused(
    skc: Skc, shop: Hiding, pattern: str, why: str
) -> None:
    text = "shop=abcd\n" + "".join(f"line-{number:04}\n" for number in range(2000))
    shop.commit("a.txt", text, "shop")
    before = judge.git(shop.root, "for-each-ref")
    ran = scrub(skc, shop.root, [], "--regex", PATTERN, "--regex", pattern)
    assert ran.code == 2, ran.stderr
    assert "--regex number 2 cannot be used" in ran.stderr
    assert why in ran.stderr
    assert judge.git(shop.root, "for-each-ref") == before


def test_a_line_s_end_is_one(skc: Skc, shop: Hiding) -> None:
    value = word()
    shop.commit("a.env", f"A=1\nTOKEN={value}\nB=2\n", "a")
    facts(scrub(skc, shop.root, [], "--regex", r"^TOKEN=(.{8,})$"))
    assert (shop.root / "a.env").read_text() == "A=1\nTOKEN=***REMOVED***\nB=2\n"


def test_ids_in_the_heads_of_commits_are_no_matches(shop: Hiding) -> None:
    shop.commit("a.txt", "x\n", "a")
    assert looked(shop, "[0-9a-f]{40}").values == [set()]


@pytest.mark.parametrize("children", [False, True])
def test_a_pattern_that_never_ends_is_broken_off(shop: Hiding, *, children: bool) -> None:
    shop.commit("a.txt", "a" * 60 + "!\n", "a")
    began = time.monotonic()
    found = looked(shop, "(?:a+)+b", children=children, limit_s=0.3)
    assert time.monotonic() - began < 30
    assert found.fault is not None
    assert found.fault.reason == "it took more than 0.3 s on one content of 62 bytes"


@pytest.mark.parametrize("children", [False, True])
def test_children_match_what_one_process_does(shop: Hiding, *, children: bool) -> None:
    values = {key() for _ in range(20)}
    for number, value in enumerate(values):
        shop.commit(f"{number}.txt", value, "a")
    found = looked(shop, PATTERN, "^x", children=children)
    assert found == replace(found, values=[{value.encode() for value in values}, set()], fault=None)


def test_of_a_very_large_file_no_match_is_cut(
    shop: Hiding, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes in pieces, and a value may stand wherever two of them meet."""
    monkeypatch.setattr(patterns, "LARGEST_BYTES", 1 << 20)
    values = [f"v{number:06}" + "x" * 50 for number in range(2)]
    places = (WHERE_PIECES_MEET, WHERE_PIECES_MEET - OVERLAP_BYTES)
    content = bytearray(b"." * (WHERE_PIECES_MEET + (1 << 20)))
    for value, begin in zip(values, places, strict=True):
        content[begin - 20 : begin - 20 + len(value)] = value.encode()
    (shop.root / "large").write_bytes(content)
    shop.git("add", "large")
    shop.git("commit", "-q", "-m", "large")
    found = looked(shop, "[vx0-9]{8,}")
    assert found.fault is None
    assert found.values == [{value.encode() for value in values}]


def test_verify_takes_patterns_too(skc: Skc, shop: Hiding) -> None:
    shop.commit("a.js", f"let a = '{key()}'\n", "a")
    ran = skc("scrub", "verify", "--regex", PATTERN, "--format", "json", cwd=shop.root)
    assert ran.code == 13, ran.stderr
