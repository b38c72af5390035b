"""The commands that a scrub prints: typed as they stand, they do what they say."""

import shlex
from collections.abc import Sequence

import pyrage
import pytest

from skillconnect_ops.commands.scrub.steps import DropObjects
from tests.commands.scrub.hiding import Hiding, odd
from tests.commands.scrub.scrubbing import OPEN
from tests.conftest import Ran, Skc
from tests.history.hideouts import token

pytestmark = pytest.mark.timeout(120)

AGREED = ("--yes", "--confirm", "shop", "--format", "json")
PASSPHRASE = "SKC_SCRUB_PASSPHRASE"


def typed(skc: Skc, shop: Hiding, line: str) -> Ran:
    """A printed command, run as a shell would."""
    program, *words = shlex.split(line)
    assert program == "skc"
    return skc(*words, "--format", "json", cwd=shop.root)


def printed(ran: Ran) -> str:
    """The last thing that is to be typed."""
    (line,) = ran.json["next"]
    return str(line)


def hidden(shop: Hiding) -> str:
    value = token()
    shop.commit("a.js", f"const key = '{value}'\n", "a")
    return value


def values_file(shop: Hiding, value: str) -> str:
    file = shop.root.parent / "leaked values.txt"
    file.write_text(f"{value}\n")
    return str(file)


@pytest.mark.parametrize(
    "words",
    [
        ("--found",),
        ("--regex", r"key = '(ghp_\w+)'"),
        ("--path", "a.js"),
        ("--path", "a.js", "--found"),
    ],
    ids=" ".join,
)
def test_the_proof_that_is_printed_proves_it(skc: Skc, shop: Hiding, words: Sequence[str]) -> None:
    value = hidden(shop)
    ran = skc("scrub", *words, *OPEN, *AGREED, cwd=shop.root)
    assert ran.code == 0, ran.stderr
    proof = typed(skc, shop, printed(ran))
    assert proof.code == 0, (printed(ran), proof.stdout, proof.stderr)
    shop.commit("b.js", f"const key = '{value}'\n", "again")
    if words != ("--path", "a.js"):
        assert typed(skc, shop, printed(ran)).code == 13


def test_values_of_a_file_are_proven_by_that_file(skc: Skc, shop: Hiding) -> None:
    value = hidden(shop)
    file = values_file(shop, value)
    ran = skc("scrub", "--values-from", file, *OPEN, *AGREED, cwd=shop.root)
    assert printed(ran) == f"skc scrub verify --values-from '{file}'"
    assert typed(skc, shop, printed(ran)).code == 0
    assert ran.json["facts"]["scrub"]["after"]
    shop.commit("b.js", f"const key = '{value}'\n", "again")
    left = typed(skc, shop, printed(ran))
    assert left.code == 13
    assert printed(left) == f"skc scrub --values-from '{file}'"
    once_more = skc(*shlex.split(printed(left))[1:], *OPEN, *AGREED, cwd=shop.root)
    assert once_more.code == 0, once_more.stderr


@pytest.mark.usefixtures("cheap_passphrases")
def test_a_proof_of_what_is_sealed_asks_what_opens_it(
    skc: Skc, shop: Hiding, clean_environment: dict[str, str]
) -> None:
    hidden(shop)
    with_passphrase = {**clean_environment, PASSPHRASE: "fake passphrase"}
    seal = ("--not-rotated-yet", "--allow-uncommitted")
    ran = skc("scrub", "--found", *seal, *AGREED, cwd=shop.root, env=with_passphrase)
    assert ran.code == 0, ran.stderr
    words = (*shlex.split(printed(ran))[1:], "--format", "json")
    assert skc(*words, cwd=shop.root, env=with_passphrase).code == 0
    assert skc(*words, cwd=shop.root, env={**with_passphrase, PASSPHRASE: "another"}).code == 4


def test_a_proof_of_what_is_sealed_to_somebody_names_the_option_for_the_key(
    skc: Skc, shop: Hiding
) -> None:
    hidden(shop)
    key = pyrage.x25519.Identity.generate()
    file = shop.root.parent / "key.txt"
    file.write_text(str(key))
    seal = ("--not-rotated-yet", "--allow-uncommitted", "--recipient", str(key.to_public()))
    ran = skc("scrub", "--found", *seal, *AGREED, cwd=shop.root)
    line = printed(ran)
    assert line.endswith(" --identity FILE")
    without = typed(skc, shop, line.removesuffix(" --identity FILE"))
    assert without.code == 4
    assert "--identity FILE" in without.json["error"]["fix"]
    assert typed(skc, shop, line.replace("FILE", str(file))).code == 0


def test_a_look_names_the_same_command_without_the_word_for_looking(skc: Skc, shop: Hiding) -> None:
    value = hidden(shop)
    file = values_file(shop, value)
    words = ("--values-from", file, "--dry-run", *OPEN)
    ran = skc("scrub", *words, "--format", "json", cwd=shop.root)
    assert "--dry-run" not in printed(ran)
    done = skc(*shlex.split(printed(ran))[1:], "--confirm", "shop", cwd=shop.root)
    assert done.code == 0, done.stderr


def test_what_was_piped_in_is_named_as_a_file_since_it_cannot_be_repeated(
    skc: Skc, shop: Hiding
) -> None:
    value = hidden(shop)
    words = ("--values-from", "-", *OPEN, "--format", "json")
    looked = skc("scrub", *words, "--dry-run", cwd=shop.root, stdin=f"{value}\n")
    assert looked.code == 0, looked.stderr
    assert printed(looked).endswith("--values-from FILE")
    assert "--values-from -" not in printed(looked)
    ran = skc("scrub", *words, "--confirm", "shop", cwd=shop.root, stdin=f"{value}\n")
    assert ran.code == 0, ran.stderr
    assert typed(skc, shop, printed(ran)).code == 0


def test_where_there_is_nothing_to_do_what_is_printed_proves_it(skc: Skc, shop: Hiding) -> None:
    file = values_file(shop, odd())
    ran = skc("scrub", "--values-from", file, *OPEN, *AGREED, cwd=shop.root)
    assert typed(skc, shop, printed(ran)).code == 0
    nothing = skc("scrub", "--found", *OPEN, *AGREED, cwd=shop.root)
    assert printed(nothing) == "skc secrets scan --history"
    assert typed(skc, shop, printed(nothing)).code == 0


def test_who_resumes_a_scrub_is_told_what_proves_it(
    skc: Skc, shop: Hiding, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden(shop)
    with monkeypatch.context() as broken:
        broken.setattr(DropObjects, "apply", _fails)
        broke = skc("scrub", "--found", *OPEN, *AGREED, cwd=shop.root)
        assert broke.code == 6
    line = broke.json["error"]["fix"]
    resumed = skc(*shlex.split(line)[1:], "--yes", cwd=shop.root)
    assert resumed.code == 0, (line, resumed.stderr)
    proof = broke.stderr.split("prove it again: ")[1].splitlines()[0]
    assert typed(skc, shop, proof).code == 0


def test_the_list_of_what_must_follow_ends_with_the_proof(skc: Skc, shop: Hiding) -> None:
    hidden(shop)
    ran = skc("scrub", "--found", *OPEN, "--yes", "--confirm", "shop", cwd=shop.root)
    assert ran.code == 0, ran.stderr
    (line,) = (line for line in ran.stdout.splitlines() if line.startswith("  prove again"))
    assert typed(skc, shop, line.removeprefix("  prove again").strip()).code == 0


def test_a_look_at_the_way_back_names_the_way_back(skc: Skc, shop: Hiding) -> None:
    hidden(shop)
    assert skc("scrub", "--found", *OPEN, *AGREED, cwd=shop.root).code == 0
    looked = skc("scrub", "undo", "--dry-run", "--format", "json", cwd=shop.root)
    assert printed(looked) == "skc scrub undo --format json"
    assert skc(*shlex.split(printed(looked))[1:], "--yes", cwd=shop.root).code == 0


def _fails(*_: object) -> None:
    raise OSError("the disk is gone")
