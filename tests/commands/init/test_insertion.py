"""One more item in somebody else's YAML: where it goes, and that nothing else moves."""

import random

import pytest
import yaml

from skillconnect_ops.commands.init.insertion import Unfit, inserted, items

ITEM = "- repo: local\n  hooks:\n    - id: ours\n"
ADDED = {"repo": "local", "hooks": [{"id": "ours"}]}


def after(text: str | bytes, key: str = "repos", item: str = ITEM) -> str:
    data = text.encode() if isinstance(text, str) else text
    return inserted(data, key=key, item=item).into(data).decode()


OF_TWO = "  - repo: local\n    hooks:\n      - id: ours\n"
HEAD = "# head\nrepos:  # all\n  # one\n  - repo: a  # there\n    hooks: [{id: x}]\n"
FLAT = "repos:\n- repo: a\n  hooks: []\n"
TEXT = "repos:\n  - repo: |+\n      a\n\n\n"
ANCHOR = "x: &x {repo: a}\nrepos:\n  - *x\n"


@pytest.mark.parametrize(
    ("before", "wanted"),
    [
        pytest.param(HEAD, HEAD + OF_TWO, id="with comments everywhere"),
        pytest.param(
            f"{FLAT}\n# of the key\nci: {{skip: [x]}}\n",
            f"{FLAT}{ITEM}\n# of the key\nci: {{skip: [x]}}\n",
            id="not indented, and a key behind it with a comment of its own",
        ),
        pytest.param(
            "repos:\n  - repo: a\n  # - repo: b\n\nfail_fast: true\n",
            f"repos:\n  - repo: a\n  # - repo: b\n{OF_TWO}\nfail_fast: true\n",
            id="a hook that is commented out belongs to the list",
        ),
        pytest.param(
            "repos:\n  - repo: a",
            f"repos:\n  - repo: a\n{OF_TWO}".rstrip("\n"),
            id="no line end at the end, and none is added",
        ),
        pytest.param(
            f"{TEXT}ci: {{}}\n", f"{TEXT}{OF_TWO}ci: {{}}\n", id="a text with its blank lines"
        ),
        pytest.param("repos: []\nci: {}\n", f"repos: \n{OF_TWO}ci: {{}}\n", id="an empty list"),
        pytest.param("repos:\n", f"repos:\n{OF_TWO}", id="nothing"),
        pytest.param("a: 1\n", f"a: 1\n\nrepos:\n{OF_TWO}", id="no such key"),
        pytest.param("", f"repos:\n{OF_TWO}", id="an empty file"),
        pytest.param("# only\n", f"# only\nrepos:\n{OF_TWO}", id="a comment alone"),
        pytest.param(
            "---\nrepos:\n  - repo: a\n...\n",
            f"---\nrepos:\n  - repo: a\n{OF_TWO}...\n",
            id="marks of a document",
        ),
        pytest.param(f"{ANCHOR}y: 1\n", f"{ANCHOR}{OF_TWO}y: 1\n", id="an alias"),
    ],
)
def test_the_item_goes_to_the_end_of_the_list(before: str, wanted: str) -> None:
    assert after(before) == wanted
    assert yaml.safe_load(wanted)["repos"][-1] == ADDED


def test_line_ends_and_a_byte_order_mark_stay() -> None:
    text = "\ufeffrepos:\r\n  - repo: 'größe'\r\n"
    assert after(text) == f"{text}  - repo: local\r\n    hooks:\r\n      - id: ours\r\n"


def test_tags_of_others_do_not_hinder_it() -> None:
    text = "include:\n  - local: a.yml\njob:\n  script: !reference [.x, script]\n"
    assert "  - local: b.yml\njob" in after(text, "include", "- local: b.yml\n")


@pytest.mark.parametrize(
    "text",
    [
        "repos: [{repo: a}]\n",
        "repos: {a: b}\n",
        "repos: text\n",
        "repos: &all [ ]\n",
        "{repos: [], ci: {}}\n",
        "- a\n",
        "text\n",
        "repos: [\n",
        "repos:\n\t- a\n",
        "---\na: 1\n---\nrepos: []\n",
        b"repos: \xff\n",
        "[" * 3_000,
        "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
        + "".join(
            f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 10)}]\n"
            for n in range(7)
        )
        + "repos:\n  - *h\n",
        "x" * 1_000_001,
        "repos:\n  - &a [*a]\n",
    ],
)
def test_what_has_no_such_place_is_left_to_a_person(text: str | bytes) -> None:
    with pytest.raises(Unfit) as error:
        after(text)
    assert error.value.why


def test_of_a_random_file_every_byte_stays() -> None:
    lines = (
        *(
            "repos:",
            "  - repo: a",
            "    hooks:",
            "      - id: x",
            "      # - id: y",
            "  # c",
            "# d",
        ),
        *("", "ci:", "  skip: [x]", "    args: |", "      a", "", "fail_fast: true", "- repo: b"),
        *("  - &n {repo: n}", "  - *n", "...", "---", "repos: []", "    rev: 'v1' # z"),
    )
    dice = random.Random(7)
    fitted = 0
    for _ in range(3_000):
        data = "\n".join(dice.choices(lines, k=dice.randrange(1, 9))).encode()
        data += dice.choice((b"", b"\n", b"\n\n"))
        try:
            place = inserted(data, key="repos", item=ITEM)
        except Unfit:
            continue
        fitted += 1
        new = place.into(data)
        kept = (
            new[: place.at] + place.instead_of.encode() + new[place.at + len(place.text.encode()) :]
        )
        assert kept == data
        was = items(data, key="repos")
        assert items(new, key="repos") == [*(was if isinstance(was, list) else []), ADDED]
    assert fitted > 300


def test_a_place_in_another_text_is_refused() -> None:
    place = inserted(b"repos: []\n", key="repos", item=ITEM)
    with pytest.raises(Unfit):
        place.into(b"repos: [a]\n")
