"""Which of what a search finds is to go: chosen at a terminal, or named by its fingerprint."""

from pathlib import Path
from typing import Any

import pytest

from tests.commands.scrub.hiding import Hiding
from tests.commands.scrub.judge import Judge
from tests.commands.scrub.scrubbing import OPEN
from tests.conftest import Skc
from tests.history.hideouts import token, uri
from tests.terminal.ptys import at_terminal

pytestmark = pytest.mark.timeout(120)

QUESTION = "Which of these are to go? [ALL, none, or numbers as 1,3-5] "


def left(shop: Hiding, *values: str) -> list[int]:
    """Which of the values still stand somewhere, by number."""
    found = Judge([value.encode() for value in values]).places(shop.root)
    return sorted({one.value for one in found})


def password(text: str) -> str:
    return text.split(":")[2].split("@", maxsplit=1)[0]


def scanned(skc: Skc, shop: Hiding) -> list[Any]:
    ran = skc("secrets", "scan", "--history", "--format", "json", cwd=shop.root)
    return list(ran.json["findings"])


def test_the_rows_that_are_named_go_and_no_others(
    shop: Hiding, clean_environment: dict[str, str]
) -> None:
    first, second = token(), token()
    shop.commit("a.js", f"const key = '{first}'\n", "a")
    shop.commit("b.js", f"const key = '{second}'\n", "b")
    argv = ("scrub", "--found", *OPEN)
    with at_terminal(
        *argv, cwd=shop.root, env=clean_environment, columns=160, program="skillconnect_ops"
    ) as terminal:
        shown = terminal.until(QUESTION)
        assert "a.js:1" in shown
        assert "ghp_********" in shown
        assert "unknown" in shown
        terminal.type("2\n")
        terminal.until('Type "shop" to go ahead: ')
        terminal.type("shop\n")
        assert terminal.ends() == 0, terminal.shown
    assert left(shop, first, second) == [0]
    assert not any(value in terminal.shown for value in (first, second))


def test_nothing_is_done_if_none_is_chosen(shop: Hiding, clean_environment: dict[str, str]) -> None:
    value = token()
    shop.commit("a.js", f"const key = '{value}'\n", "a")
    with at_terminal(
        "scrub", "--found", *OPEN, cwd=shop.root, env=clean_environment, program="skillconnect_ops"
    ) as terminal:
        terminal.until("3-5] ")
        terminal.type("none\n")
        assert terminal.ends() == 3
    assert "nothing was chosen" in terminal.shown
    assert left(shop, value) == [0]


@pytest.mark.parametrize("words", [("--yes", "--confirm", "shop"), ("--dry-run",)])
def test_who_agreed_beforehand_or_only_looks_is_not_asked(
    shop: Hiding, clean_environment: dict[str, str], words: tuple[str, ...]
) -> None:
    shop.commit("a.js", f"const key = '{token()}'\n", "a")
    argv = ("scrub", "--found", *OPEN, *words)
    with at_terminal(
        *argv, cwd=shop.root, env=clean_environment, program="skillconnect_ops"
    ) as terminal:
        assert terminal.ends() == 0, terminal.shown
    assert "Which of these" not in terminal.shown


def test_without_a_terminal_all_are_taken(skc: Skc, shop: Hiding) -> None:
    first, second = token(), uri()
    shop.commit("a.js", f"const key = '{first}'\n", "a")
    shop.commit(".env", f"MONGO_URI={second}\n", "b")
    shop.git("rm", "-q", ".env")
    shop.git("commit", "-q", "-m", "away")
    ran = skc("scrub", "--found", *OPEN, "--yes", "--confirm", "shop", cwd=shop.root)
    assert ran.code == 0, ran.stderr
    assert left(shop, first, password(second)) == []


def subjects(skc: Skc, shop: Hiding, *words: str) -> tuple[str, ...]:
    """Where a proof finds the one value that the words name."""
    ran = skc("scrub", "verify", *words, "--format", "json", cwd=shop.root)
    assert ran.code == 13, (words, ran.stderr)
    found = ran.json["facts"]["proof"]["found"]
    assert {tuple(one["values"]) for one in found} == {(1,)}
    return tuple(sorted(one["subject"] for one in found))


def test_a_finding_of_a_scan_is_named_by_its_fingerprint(
    skc: Skc, shop: Hiding, tmp_path: Path
) -> None:
    """Wherever it is, in history or in a reflog: both commands give a place the same name."""
    values = [token() for _ in range(7)]
    shop.commit("a.js", f"const key = '{values[0]}'\n", "a")
    shop.commit("a.js", f"const key = '{values[1]}'\n", "another in its place")
    shop.commit("two.js", f"k = '{values[2]}'\nk = '{values[3]}'\n", "two lines alike")
    shop.commit("m.js", "let x\n", f"key {values[4]}")
    shop.git("notes", "add", "-m", f"key {values[5]}", "HEAD")
    shop.git("tag", "-a", "v1", "-m", f"key {values[6]}")
    alone = []
    for value in values:
        file = tmp_path / "value"
        file.write_text(f"{value}\n")
        alone.append(subjects(skc, shop, "--values-from", str(file)))
    assert len({*alone}) == len(values) - 1, "two stand in the same file"
    findings = [one for one in scanned(skc, shop) if one["suppressed"] is None]
    named = [subjects(skc, shop, "--only", one["fingerprint"]) for one in findings]
    assert {*named} == {*alone}
    in_reflogs = [one for one in findings if str(one["path"]).startswith(".git/")]
    assert in_reflogs


def test_of_two_lines_alike_the_one_that_is_named_goes(skc: Skc, shop: Hiding) -> None:
    values = [token(), token()]
    shop.commit("two.js", f"k = '{values[0]}'\nk = '{values[1]}'\n", "two lines alike")
    second = next(one for one in scanned(skc, shop) if one["line"] == 2)
    words = ("--only", second["fingerprint"], *OPEN, "--yes", "--confirm", "shop")
    ran = skc("scrub", *words, cwd=shop.root)
    assert ran.code == 0, ran.stderr
    assert left(shop, *values) == [0]


def test_what_a_search_is_not_sure_of_can_be_named(skc: Skc, shop: Hiding) -> None:
    value = "abcd" + "1234" + "efgh"
    shop.commit("config.py", f'API_SECRET = "{value}"\n', "config")
    unsure = [one for one in scanned(skc, shop) if one["path"] == "config.py"]
    assert unsure[0]["confidence"] != "high"
    words = (*OPEN, "--yes", "--confirm", "shop", "--format", "json")
    assert skc("scrub", "--found", *words, cwd=shop.root).json["facts"]["scrub"]["values"] == 0
    ran = skc("scrub", "--only", unsure[0]["fingerprint"][:12], *words, cwd=shop.root)
    assert ran.code == 0, ran.stderr
    assert left(shop, value) == []


@pytest.mark.parametrize("mark", ["0" * 64, "abc"])
def test_a_fingerprint_that_nothing_has_is_an_error(skc: Skc, shop: Hiding, mark: str) -> None:
    shop.commit("a.js", f"const key = '{token()}'\n", "a")
    ran = skc("scrub", "--only", mark, *OPEN, "--yes", cwd=shop.root)
    assert ran.code == 2, ran.stderr
    assert "skc secrets scan --history" in ran.stderr


def test_verify_takes_the_same_names(skc: Skc, shop: Hiding) -> None:
    shop.commit("a.js", f"const key = '{token()}'\n", "a")
    shop.commit("b.js", f"const key = '{token()}'\n", "b")
    mark = scanned(skc, shop)[0]["fingerprint"]
    ran = skc("scrub", "verify", "--only", mark, "--format", "json", cwd=shop.root)
    assert ran.code == 13, ran.stderr
    assert {tuple(one["values"]) for one in ran.json["facts"]["proof"]["found"]} == {(1,)}


def test_no_place_that_is_named_by_a_secret_is_shown(
    skc: Skc, shop: Hiding, tmp_path: Path
) -> None:
    value = token()
    shop.commit(f"keys/{value}.txt", "x\n", "a")
    ran = skc("scrub", "--found", *OPEN, "--dry-run", "--format", "json", cwd=shop.root)
    assert ran.code == 0, ran.stderr
    assert value not in ran.stdout + ran.stderr


def listed(skc: Skc, shop: Hiding, *words: str, code: int = 0) -> list[Any]:
    ran = skc("scrub", *words, "--dry-run", "--format", "json", cwd=shop.root)
    assert ran.code == code, ran.stderr
    return list(ran.json["facts"]["scrub"]["candidates"])


def test_a_look_tells_machines_what_was_found_and_no_value_of_it(skc: Skc, shop: Hiding) -> None:
    first, second = token(), token()
    shop.commit("a.js", f"const key = '{first}'\n", "a")
    brought = shop.git("rev-parse", "HEAD").strip()
    shop.commit("b.js", f"const key = '{second}'\nuse('{second}')\n", "b")
    ours = [one for one in scanned(skc, shop) if one["path"] in {"a.js", "b.js"}]
    candidates = listed(skc, shop, "--found", *OPEN)
    assert {one["place"] for one in candidates} == {"a.js:1", "b.js:1"}
    assert {mark for one in candidates for mark in one["fingerprints"]} == {
        one["fingerprint"] for one in ours
    }
    (of_a,) = (one for one in candidates if one["place"] == "a.js:1")
    assert of_a["commit"] == brought
    assert of_a["detector"] in {one["id"] for one in ours} | {one["id"][7:] for one in ours}
    assert (of_a["standing"], of_a["sure"], of_a["chosen"]) == ("unknown", True, True)
    assert "ghp_********" in of_a["context"]
    assert not any(value in str(candidates) for value in (first, second))
    only = listed(skc, shop, "--only", of_a["fingerprints"][0], *OPEN)
    assert {one["place"]: one["chosen"] for one in only} == {"a.js:1": True, "b.js:1": False}


def test_a_look_that_the_order_guard_refuses_tells_what_it_was_about(
    skc: Skc, shop: Hiding
) -> None:
    value = token()
    shop.commit("a.js", f"const key = '{value}'\n", "a")
    (only,) = listed(skc, shop, "--found", "--plain-bundle", code=3)
    assert only["standing"] == "unknown"
    assert not listed_without_looking(skc, shop)


def listed_without_looking(skc: Skc, shop: Hiding) -> Any:
    ran = skc("scrub", "--found", "--plain-bundle", "--yes", "--format", "json", cwd=shop.root)
    assert ran.code == 3
    return ran.json["facts"]
