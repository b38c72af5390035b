"""An independent judge of a scrubbed repository: plain git commands and Python's own codecs.

It shares no code with what it judges. It encodes each value itself, reads every object that git
can list, every file of the git folder, every name of a ref and the whole work tree, and says where
a value still stands.
"""

import base64
import bz2
import gzip
import html
import io
import json
import lzma
import os
import re
import subprocess
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Literal
from urllib.parse import quote, quote_plus

from msgspec import Struct

_WORD = 8
_SURE = 2 * _WORD - 1
"""A needle this long covers a whole word of the content, wherever it stands."""
_PORTION = 4 << 20
_SPACE = b" \t\r\n"
_COMPONENT = "!'()*-._~"
_URI = _COMPONENT + ";/?:@&=+$,#"
_DEEPEST = 3


class Needle(Struct, frozen=True):
    """One way to write a value."""

    value: int
    form: str
    content: bytes

    @property
    def squeezed(self) -> bool:
        """Whether white space may stand anywhere in it."""
        return self.form.startswith("base64")


class Found(Struct, frozen=True, order=True):
    """A value that still stands."""

    place: str
    form: str
    value: int


def forms(value: bytes) -> Iterator[tuple[str, bytes]]:
    """Every way to write a value that has to be gone, by name."""
    yield "plain", value
    yield "hex", value.hex().encode()
    yield "hex", value.hex().upper().encode()
    yield from _in_base64("base64", value)
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return
    for codec in ("utf-16-le", "utf-16-be"):
        yield codec, text.encode(codec)
    yield from _in_base64("base64 of utf-16-le", text.encode("utf-16-le"))
    for quoted in (
        quote(text, safe=""),
        quote(text, safe="/"),
        quote(text, safe=_COMPONENT),
        quote(text, safe=_URI),
        quote_plus(text),
    ):
        yield "url", quoted.encode()
        yield "url", re.sub(r"%[0-9A-F]{2}", lambda m: m.group().lower(), quoted).encode()
    for ascii_only in (True, False):
        dumped = json.dumps(text, ensure_ascii=ascii_only)[1:-1]
        for slashed in (dumped, dumped.replace("/", "\\/")):
            yield "json", slashed.encode()
            for safe in (_html_safe(slashed), _html_safe(slashed).replace("'", "\\u0027")):
                yield "json", safe.encode()
                yield "json", re.sub(r"\\u[0-9a-f]{4}", _upper, safe).encode()
    for escaped in (html.escape(text), html.escape(text, quote=False)):
        yield "html", escaped.encode()
        yield "html", escaped.replace("&#x27;", "&#39;").encode()
        yield "html", escaped.replace("&quot;", "&#34;").replace("&#x27;", "&#39;").encode()
        yield "html", escaped.replace("&#x27;", "&apos;").encode()


def _html_safe(dumped: str) -> str:
    return "".join(f"\\u{ord(letter):04x}" if letter in "<>&" else letter for letter in dumped)


def _upper(match: re.Match[str]) -> str:
    return "\\u" + match.group()[2:].upper()


def _in_base64(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    """The characters that depend on the content alone, for each place it can have in a triple."""
    for offset in range(3):
        first = (offset * 8 + 5) // 6
        last = (offset + len(content)) * 8 // 6
        padded = b"\0" * offset + content + b"\0\0"
        yield name, base64.b64encode(padded)[first:last]
        yield name, base64.urlsafe_b64encode(padded)[first:last]


class Judge:
    """Knows the values and all ways to write them.

    Args:
        values: what has to be gone.
    """

    def __init__(self, values: Sequence[bytes]) -> None:
        self.values = list(values)
        seen: dict[bytes, Needle] = {}
        for index, value in enumerate(values):
            for form, content in forms(value):
                seen.setdefault(content, Needle(index, form, content))
        self.needles = sorted(seen.values(), key=lambda one: -len(one.content))
        self._short = [one for one in self.needles if len(one.content) < _SURE]
        self._by_word: dict[int, list[Needle]] = {}
        for needle in self.needles:
            if len(needle.content) >= _SURE:
                for at in range(_WORD):
                    word = int.from_bytes(needle.content[at : at + _WORD], _ORDER)
                    self._by_word.setdefault(word, []).append(needle)

    def held(self, content: bytes) -> list[Needle]:
        """The needles that stand in the content as it is, or once its white space is gone."""
        squeezed = content.translate(None, _SPACE)
        found = set(self._standing(content))
        found.update(one for one in self._standing(squeezed) if one.squeezed)
        return sorted(found, key=lambda one: (one.value, one.form, one.content))

    def _standing(self, content: bytes) -> Iterator[Needle]:
        for needle in self._short:
            if needle.content in content:
                yield needle
        maybe: dict[bytes, Needle] = {}
        for start in range(0, len(content), _PORTION):
            part = content[start : start + _PORTION]
            words = memoryview(part[: len(part) // _WORD * _WORD]).cast("Q")
            for word in self._by_word.keys() & set(words):
                maybe.update({one.content: one for one in self._by_word[word]})
        # a needle may begin in what follows the last whole word of a portion
        yield from (one for one in maybe.values() if one.content in content)

    def within(self, content: bytes, depth: int = 0) -> Iterator[tuple[str, int]]:
        """Form and value of all that stands in the content and in the archives in it."""
        for needle in self.held(content):
            yield needle.form, needle.value
        if depth < _DEEPEST:
            for name, inner in opened(content):
                for form, value in self.within(inner, depth + 1):
                    yield f"{name}: {form}", value

    def places(self, root: Path) -> list[Found]:
        """Everything of a repository in which a value stands."""
        found: set[Found] = set()

        def look(place: str, content: bytes) -> None:
            found.update(Found(place, form, value) for form, value in self.within(content))

        for repository in repositories(root):
            said = "" if repository.root == root else f"submodule {repository.name}: "
            for oid, (kind, content) in repository.objects.items():
                lent = "" if oid in repository.own else "borrowed "
                look(f"{said}{lent}{kind} {oid}", content)
            for ref in repository.refs:
                look(f"{said}ref {ref}", ref.encode())
            for tree in repository.work_trees:
                for path, content in work_tree(tree):
                    look(f"{said}{path}", content)
        for name, content in git_files(git_folder(root)):
            look(f"file {name}", content)
        return sorted(found)


_ORDER: Literal["little", "big"] = (
    "little" if memoryview(b"\1\0\0\0\0\0\0\0").cast("Q")[0] == 1 else "big"
)


def opened(content: bytes) -> Iterator[tuple[str, bytes]]:
    """The members of an archive, by name; nothing where there are none, or they do not open."""
    if b"PK\x03\x04" in content[:8] or content[:2] == b"PK":
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                yield "zip comment", archive.comment
                for info in archive.infolist():
                    yield "zip name", info.filename.encode()
                    yield "zip comment", info.comment
                    yield f"zip member {info.filename}", archive.read(info)
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError, zlib.error, EOFError):
            pass
    for start, name, unpack in (
        (b"\x1f\x8b", "gzip", gzip.decompress),
        (b"BZh", "bzip2", bz2.decompress),
        (b"\xfd7zXZ", "xz", lzma.decompress),
    ):
        if content.startswith(start):
            with suppress(OSError, EOFError, ValueError, lzma.LZMAError, zlib.error):
                yield name, unpack(content)
    if content[257:262] == b"ustar":
        try:
            with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
                for member in archive.getmembers():
                    file = archive.extractfile(member) if member.isfile() else None
                    if file is not None:
                        yield f"tar member {member.name}", file.read()
        except (tarfile.TarError, EOFError):
            pass


def git(root: Path, *words: str, given: bytes = b"") -> bytes:
    """Run git where replacements do not count; gives what it said."""
    ran = subprocess.run(
        ["git", "-c", "core.quotePath=false", *words],
        cwd=root,
        input=given,
        capture_output=True,
        check=False,
        env={
            "PATH": os.environ["PATH"],
            "HOME": "/nonexistent",
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_OPTIONAL_LOCKS": "0",
        },
    )
    assert ran.returncode == 0, (words, ran.stderr)
    return ran.stdout


def git_folder(root: Path) -> Path:
    """The git folder that all worktrees share."""
    said = git(root, "rev-parse", "--git-common-dir").decode().rstrip("\n")
    return (root / said).resolve()


class Repository:
    """What a repository holds, read once.

    Args:
        root: its work tree, or its git folder where it is bare.
    """

    def __init__(self, root: Path, *, name: str = "") -> None:
        self.root = root
        self.name = name

    @cached_property
    def objects(self) -> dict[str, tuple[str, bytes]]:
        """Every object, reachable or not: kind and content by id."""
        said = git(self.root, "cat-file", "--batch-all-objects", "--batch", "--unordered")
        found, at = {}, 0
        while at < len(said):
            end = said.index(b"\n", at)
            oid, kind, size = said[at:end].decode().split(" ")
            at = end + 1 + int(size) + 1
            found[oid] = (kind, said[end + 1 : at - 1])
        return found

    @cached_property
    def own(self) -> frozenset[str]:
        """The objects that lie here, and not in another repository's store."""
        store = git_folder(self.root) / "objects"
        found = {
            folder.name + file.name
            for folder in store.glob("[0-9a-f][0-9a-f]")
            for file in folder.iterdir()
        }
        for index in (store / "pack").glob("*.idx"):
            shown = git(self.root, "show-index", given=index.read_bytes()).decode()
            found.update(line.split(" ")[1] for line in shown.splitlines())
        return frozenset(found)

    @cached_property
    def refs(self) -> dict[str, str]:
        """Every ref, and the id that it holds."""
        said = git(self.root, "for-each-ref", "--format=%(refname) %(objectname)").decode()
        return dict(line.rsplit(" ", 1) for line in said.splitlines())

    @cached_property
    def pseudo_refs(self) -> dict[str, str]:
        """HEAD and its like, of every worktree: the ids that they hold."""
        folder = git_folder(self.root)
        found = {}
        for place in (folder, *folder.glob("worktrees/*")):
            for name in ("HEAD", "ORIG_HEAD"):
                path = place / name
                if path.exists() and not path.read_text().startswith("ref:"):
                    found[str(path.relative_to(folder))] = path.read_text().strip()
        return found

    @cached_property
    def work_trees(self) -> list[Path]:
        """The work tree and the linked ones."""
        said = git(self.root, "worktree", "list", "--porcelain", "-z").decode()
        blocks = [block for block in said.split("\0\0") if block and "\0bare" not in block]
        return [Path(block.split("\0")[0].removeprefix("worktree ")) for block in blocks]

    @cached_property
    def reflogs(self) -> dict[str, list[tuple[str, str, bytes]]]:
        """Of every reflog: old and new id of each entry, and its text."""
        folder, found = git_folder(self.root), {}
        for logs in (folder / "logs", *folder.glob("worktrees/*/logs")):
            for path in sorted(logs.rglob("*")):
                if path.is_file():
                    lines = path.read_bytes().splitlines()
                    heads = [line.partition(b"\t") for line in lines]
                    found[str(path.relative_to(folder))] = [
                        (*head.decode(errors="replace").split(" ")[:2], text)
                        for head, _, text in heads
                    ]
        return found  # type: ignore[return-value]

    def kind(self, oid: str) -> str:
        """Of an object that is here."""
        return self.objects[oid][0]

    def commits(self) -> dict[str, bytes]:
        """Every commit's content."""
        return {oid: content for oid, (kind, content) in self.objects.items() if kind == "commit"}

    def tree(self, oid: str) -> dict[bytes, tuple[bytes, str]]:
        """A tree's own entries: mode and id by name."""
        content, width = self.objects[oid][1], len(oid) // 2
        found, at = {}, 0
        while at < len(content):
            end = content.index(b"\0", at)
            mode, _, name = content[at:end].partition(b" ")
            at = end + 1 + width
            assert name not in found, f"tree {oid} has two entries of one name"
            found[name] = (mode, content[end + 1 : at].hex())
        return found

    def files(self, oid: str) -> dict[bytes, tuple[bytes, str]]:
        """All files below a tree: mode and id by path."""
        found = {}
        for name, (mode, entry) in self.tree(oid).items():
            if mode in {b"40000", b"040000"}:
                for path, file in self.files(entry).items():
                    found[name + b"/" + path] = file
            else:
                found[name] = (mode, entry)
        return found


def repositories(root: Path) -> Iterator[Repository]:
    """The repository, and those of its submodules that are here."""
    yield Repository(root)
    modules = git_folder(root) / "modules"
    for head in sorted(modules.rglob("HEAD")) if modules.is_dir() else ():
        if (head.parent / "objects").is_dir():
            yield Repository(head.parent, name=str(head.parent.relative_to(modules)))


def git_files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file of a git folder, by path; paths, and what links point at, are contents, too.

    Objects are read through git; what lies between them and is none (a pack that was begun, a
    loose object that was not finished) is unpacked here as far as it goes.
    """
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        yield f"{name} (its name)", os.fsencode(name)
        if path.is_symlink():
            yield name, bytes(path.readlink())
        elif path.is_file():
            content = path.read_bytes()
            yield name, content
            if "objects/" in name and "tmp_" in path.name:
                yield from ((name, part) for part in _deflated(content))


def _deflated(content: bytes) -> Iterator[bytes]:
    """All that zlib makes of a file, wherever a stream may begin in it."""
    at = content.find(b"\x78")
    while at >= 0:
        stream = zlib.decompressobj()
        try:
            inner = stream.decompress(content[at:])
        except zlib.error:
            at = content.find(b"\x78", at + 1)
            continue
        yield inner
        at = content.find(b"\x78", len(content) - len(stream.unused_data) or len(content))


def work_tree(root: Path) -> Iterator[tuple[str, bytes]]:
    """Every file of a work tree, by path; names, and what links point at, are contents, too."""
    for folder, names, files in os.walk(root):
        names[:] = sorted(name for name in names if name != ".git")
        for name in sorted([*names, *files]):
            path = Path(folder, name)
            shown = f"work tree {root.name}/{path.relative_to(root)}"
            yield f"{shown} (its name)", os.fsencode(name)
            if path.is_symlink():
                yield f"{shown} (link)", bytes(path.readlink())
            elif path.is_file() and name != ".git":
                yield shown, path.read_bytes()


def clean(root: Path) -> str:
    """What git finds wrong in the whole repository; nothing is good."""
    ran = subprocess.run(
        ["git", "fsck", "--full", "--strict", "--no-dangling"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", "LC_ALL": "C"},
    )
    said = [line for line in (ran.stdout + ran.stderr).splitlines() if line.strip()]
    return "\n".join(line for line in said if not line.startswith(("Checking", "notice:")))


def leftovers(root: Path) -> list[str]:
    """Files that a tool began and did not take away."""
    folder = git_folder(root)
    return sorted(
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and ("tmp_" in path.name or path.name.endswith(".lock"))
    )


def read_map(path: Path) -> dict[str, str]:
    """A commit map file: a new id for each old one."""
    lines = path.read_text().splitlines()
    pairs = [line.split() for line in lines if re.match(r"[0-9a-f]{40,64} [0-9a-f]{40,64}$", line)]
    return {pair[0]: pair[1] for pair in pairs}


class Kept:
    """Compares what was with what is: nothing but the values may differ.

    Args:
        before: as it was; its objects are read when this is made.
        after: as it is.
        judge: knows the values.
        commits: a new id for each old one; what it does not name has kept its own.
    """

    def __init__(
        self, before: Repository, after: Repository, judge: Judge, commits: Mapping[str, str]
    ) -> None:
        self._before, self._after, self._judge, self._map = before, after, judge, commits
        self._seen: dict[tuple[str, str], str] = {}

    def commit(self, oid: str) -> str:
        """The id that a commit has now."""
        return self._map.get(oid, oid)

    def trouble_of_commits(self, oids: Iterable[str]) -> list[str]:
        """What is not as it was, of commits of before."""
        return [said for oid in oids for said in self._commit(oid)]

    def _commit(self, oid: str) -> Iterator[str]:
        new = self.commit(oid)
        if new not in self._after.objects:
            yield f"commit {oid}: its new one, {new}, is not there"
            return
        old_head, old_text = parsed(self._before.objects[oid][1])
        new_head, new_text = parsed(self._after.objects[new][1])
        if [self.commit(one) for one in old_head[b"parent"]] != new_head[b"parent"]:
            yield f"commit {oid}: parents {old_head[b'parent']} became {new_head[b'parent']}"
        for key in (b"author", b"committer", b"encoding"):
            if not self.alike(" ".join(old_head[key]).encode(), " ".join(new_head[key]).encode()):
                yield f"commit {oid}: {key.decode()} {old_head[key]} became {new_head[key]}"
        if not self.alike(self.renamed(old_text), self.renamed(new_text)):
            yield f"commit {oid}: message {old_text!r} became {new_text!r}"
        (old_tree,), (new_tree,) = old_head[b"tree"], new_head[b"tree"]
        yield from (f"commit {oid}: {said}" for said in self.trouble_of_trees(old_tree, new_tree))

    def renamed(self, text: bytes) -> bytes:
        """A text, with each id of a commit as the one that the commit has now."""

        def now(match: re.Match[bytes]) -> bytes:
            found = match.group().decode()
            whole = [old for old in self._map if old.startswith(found)]
            return self._map[whole[0]][: len(found)].encode() if len(whole) == 1 else match.group()

        return re.sub(rb"\b[0-9a-f]{7,64}\b", now, text)

    def trouble_of_refs(self) -> list[str]:
        """What is not as it was, of every ref, those that are keyed by an object's id as well."""
        said, free = [], dict(self._after.refs)
        for name, oid in self._before.refs.items():
            match = self._ref(name, free)
            if match is None:
                said.append(f"{name} is not there: {sorted(free)}")
                continue
            new = free.pop(match)
            if name.startswith("refs/notes/"):
                said += [f"{name}: {one}" for one in self._notes(oid, new)]
            else:
                said += [f"{name}: {one}" for one in self._target(oid, new)]
        return said + [f"{name} was not there" for name in free]

    def _ref(self, name: str, free: Mapping[str, str]) -> str | None:
        keyed = re.fullmatch(r"(refs/replace/)([0-9a-f]{40,64})", name)
        if keyed is not None:
            name = keyed[1] + self.commit(keyed[2])
        if name in free:
            return name
        named = (one for one in free if self._named(name.encode(), one.encode()))
        return next((one for one in named if one not in self._before.refs), None)

    def _target(self, old: str, new: str) -> Iterator[str]:
        kind = self._before.kind(old)
        if new not in self._after.objects or self._after.kind(new) != kind:
            yield f"{kind} {old} became {new}"
        elif kind == "commit":
            if self.commit(old) != new:
                yield f"commit {old} became {new}, not {self.commit(old)}"
        elif kind == "tree":
            yield from self.trouble_of_trees(old, new)
        elif kind == "blob":
            if not self.alike_blobs(old, new):
                yield f"blob {old} became {new}"
        else:
            yield from self._tag(old, new)

    def _tag(self, old: str, new: str) -> Iterator[str]:
        old_head, old_text = parsed(self._before.objects[old][1])
        new_head, new_text = parsed(self._after.objects[new][1])
        for key in (b"type", b"tag", b"tagger"):
            if not self.alike(" ".join(old_head[key]).encode(), " ".join(new_head[key]).encode()):
                yield f"tag {old}: {key.decode()} {old_head[key]} became {new_head[key]}"
        signed = old != new and b"-----BEGIN " in old_text
        was = old_text.partition(b"-----BEGIN ")[0] if signed else old_text
        if not self.alike(self.renamed(was), self.renamed(new_text)):
            yield f"tag {old}: message {old_text!r} became {new_text!r}"
        yield from self._target(old_head[b"object"][0], new_head[b"object"][0])

    def notes(self, repository: Repository, commit: str) -> dict[str, tuple[bytes, str]]:
        """Notes of a commit of a notes ref, by what they are on."""
        (tree,) = parsed(repository.objects[commit][1])[0][b"tree"]
        files = repository.files(tree)
        return {path.replace(b"/", b"").decode(): file for path, file in files.items()}

    def _notes(self, old: str, new: str) -> Iterator[str]:
        """A notes ref, with its whole history."""
        was, now = self.notes(self._before, old), self.notes(self._after, new)
        if {self.commit(oid) for oid in was} != set(now):
            yield f"notes on {sorted(was)} became notes on {sorted(now)}"
            return
        for oid, (mode, blob) in was.items():
            new_mode, new_blob = now[self.commit(oid)]
            if mode != new_mode or not self.alike_blobs(blob, new_blob):
                yield f"the note on {oid} is another one"
        old_head, _ = parsed(self._before.objects[old][1])
        new_head, _ = parsed(self._after.objects[new][1])
        if len(old_head[b"parent"]) != len(new_head[b"parent"]):
            yield f"parents {old_head[b'parent']} became {new_head[b'parent']}"
            return
        for was_parent, parent in zip(old_head[b"parent"], new_head[b"parent"], strict=True):
            yield from self._notes(was_parent, parent)

    def trouble_of_trees(self, old: str, new: str, path: bytes = b"") -> list[str]:
        """What is not as it was below a tree."""
        if old == new:
            return []
        key = (old, new)
        if key not in self._seen:
            said = "; ".join(self._tree(old, new, path))
            self._seen[key] = said
        return [self._seen[key]] if self._seen[key] else []

    def _tree(self, old: str, new: str, path: bytes) -> Iterator[str]:
        if new not in self._after.objects:
            yield f"tree {new} is not there"
            return
        was, now = self._before.tree(old), self._after.tree(new)
        if len(was) != len(now):
            yield f"{path!r}: {sorted(was)} became {sorted(now)}"
            return
        free = set(now) - set(was)
        for name, (mode, oid) in was.items():
            said = [f"is not there: {sorted(now)}"]
            for match in [name] if name in now else sorted(o for o in free if self._named(name, o)):
                said = list(self._entry(mode, oid, *now[match], path + name))
                if not said:
                    free.discard(match)
                    break
            yield from (f"{path + name!r}: {one}" for one in said)

    def _entry(
        self, mode: bytes, oid: str, new_mode: bytes, new: str, path: bytes
    ) -> Iterator[str]:
        if new_mode != mode:
            yield f"mode {mode!r} became {new_mode!r}"
        elif mode in {b"40000", b"040000"}:
            yield from self.trouble_of_trees(oid, new, path + b"/")
        elif oid != new and mode == b"160000":
            yield f"its commit {oid} became {new}"
        elif oid != new and not self.alike_blobs(oid, new):
            yield "content differs by more than a value"

    def _named(self, old: bytes, new: bytes) -> bool:
        """A name may have got an ending, too: two may not be alike."""
        return self.alike(old, new) or self.alike(old, re.sub(rb"[-_.~]?[0-9a-f]+$", b"", new))

    def alike_blobs(self, old: str, new: str) -> bool:
        if new not in self._after.objects:
            return False
        return self.alike(self._before.objects[old][1], self._after.objects[new][1])

    def alike(self, old: bytes, new: bytes) -> bool:
        """Whether two contents differ by nothing but the values, archives opened."""
        if old == new:
            return True
        inner, outer = list(opened(old)), list(opened(new))
        if inner and old[:2] in {b"PK", b"\x1f\x8b", b"BZ", b"\xfd7"}:
            return len(inner) == len(outer) and all(
                self.alike(was, now) for (_, was), (_, now) in zip(inner, outer, strict=True)
            )
        return self._but_for_values(old, new)

    def _but_for_values(self, old: bytes, new: bytes) -> bool:
        spans = sorted(self._spans(old))
        if not spans:
            return False
        reached, at = {0}, 0
        for start, end in _joined(spans):
            reached = _past(old[at:start], new, reached)
            most = 2 * (end - start) + 40
            reached = {place + more for place in reached for more in range(most + 1)}
            at = end
        return len(new) in _past(old[at:], new, reached)

    def _spans(self, content: bytes) -> Iterator[tuple[int, int]]:
        """Where a needle stands; of base64 the neighbouring characters hold bits of it, too."""
        squeezed = bytearray()
        origin: list[int] = []
        needles = self._judge.held(content)
        if any(one.squeezed for one in needles):
            for at, byte in enumerate(content):
                if byte not in _SPACE:
                    squeezed.append(byte)
                    origin.append(at)
        for one in needles:
            where = bytes(squeezed) if one.squeezed else content
            at = where.find(one.content)
            while at >= 0:
                end = at + len(one.content)
                if one.squeezed:
                    yield origin[max(at - 1, 0)], origin[min(end, len(origin) - 1)] + 1
                else:
                    yield at, end
                at = where.find(one.content, at + 1)


def _past(piece: bytes, content: bytes, places: set[int]) -> set[int]:
    """Where a piece ends that begins at one of the places."""
    return {place + len(piece) for place in places if content.startswith(piece, place)}


def _joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


class Affected:
    """What a scrub has to change, and nothing besides.

    Args:
        repository: as it is before.
        judge: knows the values.
    """

    def __init__(self, repository: Repository, judge: Judge) -> None:
        self._repository, self._judge = repository, judge
        self._known: dict[str, bool] = {}
        self.reached = self._reached()
        self.commits = {oid for oid in self.reached if self.is_(oid)}
        """Commits that hold a value, or reach one that does; those of notes are not counted."""

    def _reached(self) -> list[str]:
        """Commits that refs or HEAD reach, parents first; notes are keyed, and stand for others."""
        said = git(
            self._repository.root,
            *("rev-list", "--topo-order", "--reverse", "--exclude=refs/notes/*", "--all", "HEAD"),
        )
        return said.decode().split()

    def is_(self, oid: str) -> bool:
        if oid not in self._known:
            self._known[oid] = self._find(oid)
        return self._known[oid]

    def _find(self, oid: str) -> bool:
        kind, content = self._repository.objects[oid]
        if any(True for _ in self._judge.within(content)):
            return True
        if kind == "tree":
            entries = self._repository.tree(oid).values()
            return any(self.is_(entry) for mode, entry in entries if mode != b"160000")
        if kind == "blob":
            return False
        head, _ = parsed(content)
        return any(self.is_(one) for key in (b"tree", b"parent", b"object") for one in head[key])

    @cached_property
    def first(self) -> set[str]:
        """Affected commits whose parents are not."""
        return {
            oid
            for oid in self.commits
            if not self.commits & set(parsed(self._repository.objects[oid][1])[0][b"parent"])
        }


class _Head(dict[bytes, list[str]]):
    def __missing__(self, key: bytes) -> list[str]:
        return []


def parsed(content: bytes) -> tuple[_Head, bytes]:
    """Head and message of a commit or a tag; the head's continued lines are joined."""
    head, _, text = content.partition(b"\n\n")
    found = _Head()
    for line in re.sub(rb"\n ", b"\r", head).split(b"\n"):
        key, _, value = line.partition(b" ")
        found.setdefault(key, []).append(value.decode(errors="surrogateescape"))
    return found, text
