"""Repositories that borrow objects from the one that is scrubbed."""

import subprocess
from pathlib import Path

import pytest

from tests.commands.scrub import judge
from tests.commands.scrub.hiding import Hiding, odd
from tests.commands.scrub.scrubbing import facts, scrub
from tests.conftest import Skc

pytestmark = pytest.mark.timeout(120)


def test_plan_and_text_say_what_breaks_a_clone_that_borrows_and_what_saves_it(
    skc: Skc, shop: Hiding, tmp_path: Path
) -> None:
    value = odd()
    shop.commit("a.js", f"{value}\n", "leak")
    saved, broken = tmp_path / "saved", tmp_path / "broken"
    for clone in (saved, broken):
        judge.git(tmp_path, "clone", "-q", "--shared", str(shop.root), str(clone))
    looked = scrub(skc, shop.root, [value], "--dry-run")
    assert "git clone --shared or --reference" in looked.stderr
    recipe = 'git repack -q -a -d && rm "$(git rev-parse --git-path objects/info/alternates)"'
    subprocess.run(["sh", "-c", recipe], cwd=saved, check=True)
    told = facts(scrub(skc, shop.root, [value]))
    text = (Path(told["after"]["folder"]) / "colleagues.md").read_text()
    assert recipe.replace(" -q", "") in text
    judge.git(saved, "fsck", "--full")
    with pytest.raises(AssertionError, match="bad object"):
        judge.git(broken, "rev-list", "--objects", "--all")


def test_a_submodule_that_borrows_from_here_is_named_before_anything_is_done(
    skc: Skc, shop: Hiding
) -> None:
    value = odd()
    shop.commit("a.js", f"{value}\n", "leak")
    inner = shop.root / ".git/modules/part"
    inner.parent.mkdir()
    judge.git(shop.root, "clone", "-q", "--bare", "--shared", str(shop.root), str(inner))
    ran = scrub(skc, shop.root, [value])
    assert ran.code == 4
    assert "submodule borrows objects" in ran.json["error"]["what"]
    subprocess.run(["sh", "-c", ran.json["error"]["fix"]], check=True, capture_output=True)
    judge.git(inner, "fsck", "--full")
    assert scrub(skc, shop.root, [value]).code == 0
    judge.git(inner, "fsck", "--full")
