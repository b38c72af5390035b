"""A walk over all objects finds the same in one process as in several."""

import os
import random
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from skillconnect_ops.adapters.crew import ChildProcesses
from skillconnect_ops.adapters.objects import GitRepositories
from skillconnect_ops.adapters.system import ProcessEnvironment
from skillconnect_ops.commands.searching import Detectors
from skillconnect_ops.core.ports.crew import Crew
from skillconnect_ops.core.ports.objects import Listed, ObjectKind, Passed, Repository
from skillconnect_ops.detection import path_class
from skillconnect_ops.history.model import Hit, Looked, Part
from skillconnect_ops.history.sweep import Sweep
from tests.history.hideouts import Builder, line, uri


class Counting:
    """A ticker."""

    def __init__(self) -> None:
        self.bytes = 0

    def advance(self, amount: int) -> None:
        self.bytes += amount

    def describe(self, text: str) -> None:
        """Nobody looks."""


class Names:
    """A search that finds nothing, and keeps what it was last given without a path: names."""

    def __init__(self) -> None:
        self.last = b""

    def __call__(self, path: str | None, content: bytes) -> Looked:
        self.last = content if path is None else self.last
        return Looked()

    def around(self, path: str, content: bytes, parts: Sequence[Part]) -> Looked | None:
        return None


def _opened(root: Path) -> Repository:
    repository = GitRepositories(ProcessEnvironment(os.environ)).open(root)
    assert repository is not None
    return repository


def _swept(root: Path, crew: Crew) -> set[tuple[str, str]]:
    hits = _hits(root, crew)
    return {(hit.path or "", one.secret.reveal()) for hit in hits for one in hit.traces}


def _hits(root: Path, crew: Crew) -> list[Hit]:
    sweep = Sweep(
        _opened(root), search=Detectors(), path_class=path_class, crew=crew, portion_bytes=100
    )
    ticker = Counting()
    sweep.everything(ticker)
    assert ticker.bytes == sweep.size_bytes > 0
    return sweep.hits


def test_one_process_finds_what_several_find(tmp_path: Path) -> None:
    builder = Builder(tmp_path)
    builder.git("init", "-q", "-b", "main")
    made = [uri() for _ in range(5)]
    for number, secret in enumerate(made):
        builder.past(f"src/{number}.js", line(secret))
    alone = _swept(builder.root, ChildProcesses(most=1))
    assert len(alone) == 5
    assert _swept(builder.root, ChildProcesses(most=2, worth_bytes=0)) == alone


def test_a_packed_history_gives_what_loose_objects_give_in_the_same_order(tmp_path: Path) -> None:
    chance = random.Random(11)
    builder = Builder(tmp_path)
    builder.git("init", "-q", "-b", "main")
    builder.git("config", "gc.auto", "0")
    texts = {
        path: [f"const line{n} = {chance.random()};\n" for n in range(500)]
        for path in ("src/a.js", "src/deep/b.js", "docs/a.md", "test/a.test.js")
    }
    for turn in range(24):
        for path, lines in texts.items():
            at = chance.randrange(len(lines))
            lines[at : at + chance.randrange(3)] = [f"const at{turn} = {chance.random()};\n"]
            if chance.random() < 0.4:
                lines[chance.randrange(len(lines))] = line(uri())
            builder.write(path, "".join(lines))
        texts["src/a.js"], texts["src/deep/b.js"] = texts["src/deep/b.js"], texts["src/a.js"]
        builder.git("add", "-A")
        builder.git("commit", "-qm", f"turn {turn}")
    loose = _hits(builder.root, ChildProcesses(most=1))
    assert len({trace.secret for hit in loose for trace in hit.traces}) > 20
    for words in (("--depth=50", "--window=50"), ("--depth=1", "--window=2")):
        builder.git("repack", "-adfq", *words)
        assert _hits(builder.root, ChildProcesses(most=1)) == loose


def _main(builder: Builder) -> None:
    builder.git("init", "-q", "-b", "main")
    builder.git("config", "gc.auto", "0")
    builder.commit("src/deep/a.js", "one\n")
    builder.past("old/folder/gone.js", "two\n")
    builder.commit("copy/of/same.js", "one\n")


def _entry(mode: str, name: bytes, oid: str) -> bytes:
    return mode.encode() + b" " + name + b"\0" + bytes.fromhex(oid)


def _tree(builder: Builder, *entries: bytes) -> str:
    words = ("hash-object", "-t", "tree", "--literally", "-w", "--stdin")
    return builder.git(*words, given=b"".join(entries))


def _committed(builder: Builder, tree: str) -> None:
    commit = builder.git("commit-tree", tree, "-p", "HEAD", "-m", "forged")
    builder.git("update-ref", f"refs/heads/of-{tree[:8]}", commit)


def _nothing_else(builder: Builder) -> None:
    """A plain history."""


def _merges(builder: Builder) -> None:
    for branch in ("one", "two", "three"):
        builder.git("checkout", "-q", "-b", branch, "main")
        builder.commit(f"by/{branch}/file.js", branch)
    builder.git("checkout", "-q", "main")
    builder.git("merge", "-q", "--no-ff", "--no-commit", "one", "two", "three")
    builder.write("by/the-merge/alone.js", "evil\n")
    builder.git("commit", "-qm", "octopus")


def _unreachable(builder: Builder) -> None:
    builder.aside("aside/lost.js", "lost\n")
    builder.git("checkout", "-q", "main")
    builder.git("reflog", "expire", "--expire=now", "--all")


def _stash_and_notes(builder: Builder) -> None:
    builder.write("stashed/here.js", "stash\n")
    builder.git("stash", "-q")
    builder.git("notes", "add", "-m", "a note")


def _no_commit_has_them(builder: Builder) -> None:
    oid = builder.blob("dangling")
    inner = _tree(builder, _entry("100644", b"dangling-name", oid))
    _tree(builder, _entry("40000", b"dangling-folder", inner))
    tagged = _tree(builder, _entry("100644", b"tagged-name", oid))
    builder.git("tag", "a-tree", tagged)
    builder.git("tag", "-a", "-m", "x", "tag-of-a-tree", inner)


def _submodule(builder: Builder) -> None:
    """Whose changes `.gitmodules` tells git to ignore."""
    builder.commit(
        ".gitmodules",
        '[submodule "m"]\n\tpath = linked-here\n\turl = ./m\n\tignore = all\n',
    )
    builder.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},linked-here")
    builder.git("commit", "-qm", "link")


def _odd_names(builder: Builder) -> None:
    for name in ("with\nline end", "with : colon", ":100644 000000", "\xff".encode("latin-1")):
        oid = builder.blob(repr(name))
        raw = name.encode() if isinstance(name, str) else name
        _committed(builder, _tree(builder, _entry("100644", raw, oid)))


def _empty_folder(builder: Builder) -> None:
    inner = _tree(builder)
    _committed(builder, _tree(builder, _entry("40000", b"an-empty-folder", inner)))


def _forged_slash(builder: Builder) -> None:
    oid = builder.blob("x")
    _committed(builder, _tree(builder, _entry("100644", b"no/folder", oid)))


def _forged_modes(builder: Builder) -> None:
    oid = builder.blob("x")
    entries = [_entry(mode, f"mode-{mode}".encode(), oid) for mode in ("0", "100600", "123456")]
    _committed(builder, _tree(builder, *entries))


def _lost_tree(builder: Builder) -> None:
    builder.commit("some/lost/x.js", "lost\n")
    lost = builder.git("rev-parse", "HEAD:some/lost")
    (builder.root / ".git/objects" / lost[:2] / lost[2:]).unlink()


def _shallow(builder: Builder) -> None:
    clone = builder.outside / "clone"
    builder.git("clone", "-q", "--depth=1", f"file://{builder.root}", str(clone))
    shutil.rmtree(builder.root)
    clone.rename(builder.root)


def _grafts(builder: Builder) -> None:
    """Two commits, each the other's parent: neither has anything that its parent lacks."""
    first = builder.commit("one/in-a-ring.js", "ring\n")
    second = builder.git("commit-tree", f"{first}^{{tree}}", "-m", "twin")
    (builder.root / ".git/info").mkdir(exist_ok=True)
    (builder.root / ".git/info/grafts").write_text(f"{first} {second}\n{second} {first}\n")


@pytest.mark.parametrize("packed", [False, True], ids=["loose", "packed"])
@pytest.mark.parametrize(
    ("more", "told"),
    [
        (_nothing_else, True),
        (_merges, True),
        (_unreachable, True),
        (_stash_and_notes, True),
        (_no_commit_has_them, True),
        (_submodule, True),
        (_odd_names, True),
        (_empty_folder, True),
        (_forged_slash, False),
        (_forged_modes, True),
        (_lost_tree, False),
        (_shallow, True),
        (_grafts, False),
    ],
)
def test_every_name_that_any_tree_holds_is_looked_at(
    tmp_path: Path, more: Callable[[Builder], None], *, told: bool, packed: bool
) -> None:
    builder = Builder(tmp_path)
    _main(builder)
    if packed:
        builder.git("repack", "-adqk")
    more(builder)
    repository = _opened(builder.root)
    listed = [one for one in repository.listing() if isinstance(one, Listed)]
    held = set()
    for one in listed:
        if one.kind is ObjectKind.TREE:
            for entry in builder.git("ls-tree", "-z", one.oid).split("\0")[:-1]:
                held.add(entry.partition("\t")[2])
    search, ticker = Names(), Counting()
    sweep = Sweep(repository, search=search, path_class=str, crew=ChildProcesses(most=1))
    sweep.everything(ticker)
    wanted = "\n".join(name.replace("/", " ").replace("\n", " ") for name in sorted(held))
    assert search.last.decode() == wanted
    assert ticker.bytes == sweep.size_bytes == sum(one.size_bytes for one in listed)
    commits = [one.oid for one in listed if one.kind is ObjectKind.COMMIT]
    walked = list(repository.introductions_and_names(commits))
    assert [isinstance(one, Passed) for one in walked[-1:]] == [told]
    assert not any(isinstance(one, Passed) for one in walked[:-1])
