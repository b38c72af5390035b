"""No sequence of commands and hand edits makes an item pass that was not seen to hold.

What was seen is kept here by a model that knows the code and the settings, and asks no ledger.
"""

import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.commands.checklist.shop import Shop, made
from tests.conftest import environment_in, skc_in

LISTS = {
    "quiet": "- audit: [console-call]",
    "told": "- setting: notify.on_failure",
    "word": "- person: It is so.\n  subject: project",
    "both": "- audit: [console-call]\n- person: It is so.\n  subject: project",
    "drill": "- evidence: backup.restorable",
}
NOTIFY = "notify:\n  on_failure: [[echo, x]]\n"
LATER = (datetime.now(UTC) + timedelta(days=20)).date().isoformat()
ITEMS = st.sampled_from(sorted(LISTS))
YES = "--yes"
acts = st.one_of(
    st.tuples(st.just("verify")),
    st.tuples(st.just("verify")),
    st.tuples(st.just("loud"), st.booleans()),
    st.tuples(st.just("notify"), st.booleans()),
    st.tuples(st.just("attest"), ITEMS),
    st.tuples(st.just("waive"), ITEMS),
    st.tuples(st.just("withdraw"), ITEMS, st.sampled_from(["attest", "waive"])),
    st.tuples(st.just("commit")),
    st.tuples(st.just("unlist")),
    st.tuples(st.just("enroll")),
    st.tuples(st.just("looser"), st.sampled_from(["400d", "8d"])),
    st.tuples(st.just("cut"), st.integers(1, 3)),
    st.tuples(st.just("edit"), st.sampled_from(['fail"', '"holds":false', "MISSING"])),
    st.tuples(st.just("copy")),
    st.tuples(st.just("drop")),
)


class Played:
    """A project, and what is known of it without its ledger."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.settings = (shop.root / "skc.yaml").read_text()
        self.looked: dict[str, str | None] = {"quiet": None, "told": None}
        """Of which files and lists the last look, by the one key that there is, saw it hold."""
        self.listed = True
        shop.lists(LISTS)
        shop.write("app.js", "1;\n")
        shop.commit()

    @property
    def files(self) -> str:
        root = self.shop.root
        return "\0".join(
            (root / name).read_text() for name in ("app.js", "skc.yaml", "checklists.yaml")
        )

    def verify(self) -> None:
        ran = self.shop.run("verify")
        if ran.code == 6:
            return
        good = {
            "quiet": "console" not in self.text("app.js"),
            "told": NOTIFY in self.text("skc.yaml"),
        }
        for name, holds in good.items():
            self.looked[name] = self.files if holds else None

    def text(self, path: str) -> str:
        return (self.shop.root / path).read_text()

    def loud(self, is_loud: bool) -> None:
        self.shop.write("app.js", "console.log(1);\n" if is_loud else "1;\n")

    def notify(self, is_set: bool) -> None:
        self.shop.write("skc.yaml", self.settings + (NOTIFY if is_set else ""))

    def attest(self, item: str) -> None:
        self.shop.run("attest", item, "--reason", "I swear", YES)

    def waive(self, item: str) -> None:
        words = ("--owner", "me", "--reason", "later", "--until", LATER)
        self.shop.run("waive", item, *words, YES)

    def withdraw(self, item: str, verb: str) -> None:
        self.shop.run(verb, item, "--withdraw", YES)

    def commit(self) -> None:
        self.shop.commit()

    def unlist(self) -> None:
        self.listed = False
        self.shop.write(".skc/allowed_signers", "")

    def enroll(self) -> None:
        if self.shop.skc("init", "--enroll", YES, cwd=self.shop.root).code == 0:
            self.listed = True

    def looser(self, within: str) -> None:
        """Give evidence a longer life: that is another definition."""
        text = self.text("checklists.yaml").replace(
            "- audit: [console-call]\n",
            f"- audit: [console-call]\n            within: {within}\n",
            1,
        )
        if "within" not in self.text("checklists.yaml"):
            self.shop.write("checklists.yaml", text)

    def chains(self) -> list[Path]:
        return sorted((self.shop.root / ".skc" / "evidence").glob("*.jsonl"))

    def cut(self, number: int) -> None:
        for path in self.chains()[:1]:
            lines = path.read_bytes().splitlines(keepends=True)
            path.write_bytes(b"".join(lines[:-number]))

    def edit(self, what: str) -> None:
        for path in self.chains():
            text = path.read_text()
            better = {'fail"': 'pass"', '"holds":false': '"holds":true'}.get(what, "PASS")
            path.write_text(text.replace(what, better))

    def copy(self) -> None:
        """Put a chain there a second time, under another name."""
        for path in self.chains()[:1]:
            name = f"{path.stem.partition('-')[0]}-00000000.jsonl"
            (path.parent / name).write_bytes(path.read_bytes())

    def drop(self) -> None:
        for path in self.chains()[:1]:
            path.unlink()

    def check(self) -> None:
        ran = self.shop.run()
        states = {one["id"].partition("/")[2]: one["status"] for one in ran.json["facts"]["items"]}
        assert states["word"] != "PASS"
        assert states["both"] != "PASS"
        assert states["drill"] != "PASS"
        for name in ("quiet", "told"):
            seen = self.looked[name]
            if states[name] == "PASS":
                assert seen == self.files, name
                assert self.listed, name


def play(script: Sequence[tuple[object, ...]]) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        skc = skc_in(folder, environment_in(folder))
        played = Played(made(folder / "shop", skc))
        for verb, *rest in script:
            getattr(played, str(verb))(*rest)
            played.check()


scripts = st.lists(acts, min_size=3, max_size=7)
SLOW = [HealthCheck.too_slow]


@settings(max_examples=4, suppress_health_check=SLOW)
@given(scripts)
def test_no_sequence_of_commands_and_edits_ticks_an_item(
    script: list[tuple[object, ...]],
) -> None:
    play(script)


@pytest.mark.long
@settings(max_examples=200, suppress_health_check=SLOW)
@given(scripts)
def test_no_sequence_of_commands_and_edits_ticks_an_item_however_often(
    script: list[tuple[object, ...]],
) -> None:
    play(script)
