"""Any repository at all: drawn by hypothesis, made by one `git fast-import` and little more."""

import base64
import gzip
import html
import io
import json
import random
import string
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import quote

from hypothesis import strategies as st
from msgspec import Struct

from tests.commands.scrub.judge import git

ALNUM = string.ascii_letters + string.digits
ODD = ALNUM + "/+&\"<>' %?=;:@$-_.~\\äß€"
FOLDERS = (b"", b"src/", b"src/deep/", b"lib/", b"a b/", b"n\xc3\xa4her/")
# no env file: one that HEAD has and that holds a value is refused, as another test shows
NAMES = (
    b"a.js",
    b"b.js",
    b"a",
    b"README",
    b"env",
    b'q"uote',
    b"back\\slash",
    b"tab\tnl\n",
    b"\xff",
)
MODES = (b"100644", b"100644", b"100644", b"100755", b"120000", b"160000")
WORDS = ("let a = 1", "import b from 'b'", "", "\t}", "# Über", "return x", "password: none")


def _text(value: str) -> bytes:
    return value.encode()


def _zip(value: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("a.txt"), "nothing\n")
        archive.writestr(zipfile.ZipInfo("b.txt"), f"x{value}y\n")
    return out.getvalue()


WHOLE: tuple[Callable[[str], bytes], ...] = (
    _zip,
    lambda v: gzip.compress(f"x {v}\n".encode(), mtime=7),
    lambda v: f"let a = '{v}'\r\n".encode("utf-16-le"),
    lambda v: f"\ufefflet a = '{v}'\n".encode("utf-16-be"),
    lambda v: b"\x7fELF\0\1\2" + v.encode() + b"\0\xff\xfe\xfd",
)
"""Forms that are the whole of a file."""

PARTS: tuple[Callable[[str], bytes], ...] = (
    _text,
    _text,
    _text,
    lambda v: v.encode() + b"\r",
    lambda v: v.encode().hex().encode(),
    lambda v: v.encode().hex().upper().encode(),
    lambda v: quote(v, safe="").encode(),
    lambda v: json.dumps({"a": v}).encode(),
    lambda v: json.dumps({"a": v}, ensure_ascii=False).replace("/", "\\/").encode(),
    lambda v: html.escape(v).encode(),
    lambda v: base64.b64encode(v.encode()),
    lambda v: base64.urlsafe_b64encode(f"x{v}y".encode()),
    lambda v: base64.b64encode(f"xx{v}".encode()),
    lambda v: base64.b64encode(v.encode("utf-16-le")),
    lambda v: base64.encodebytes(f"{'padding ' * 9}{v}".encode()),
)
"""Forms that stand in a line."""


class Commit(Struct, frozen=True, kw_only=True):
    """One commit; parents are numbers of earlier ones."""

    parents: tuple[int, ...]
    files: dict[bytes, tuple[bytes, bytes]]
    """Mode and content (of a gitlink: its id) by path."""
    message: bytes
    author: bytes
    when: bytes
    encoding: bytes = b""


class Tag(Struct, frozen=True, kw_only=True):
    """An annotated tag of a commit, a commit's tree, a file, or the tag before it."""

    name: bytes
    of: str
    number: int
    message: bytes


class History(Struct, frozen=True, kw_only=True):
    """A whole repository, and the values in it."""

    values: tuple[str, ...]
    commits: tuple[Commit, ...]
    branches: dict[bytes, int]
    tags: tuple[Tag, ...]
    notes: dict[int, bytes]
    blob_ref: bytes | None
    loose: bool


class Chance(random.Random):
    """Draws what a history is made of."""

    def one_in(self, number: int) -> bool:
        return self.randrange(number) == 0

    def values(self) -> tuple[str, ...]:
        """Two to four; the first can stand in a name; one may begin another."""
        found = [self.value(ALNUM), *(self.value(ODD) for _ in range(self.randint(1, 2)))]
        if self.one_in(2):
            found.append(found[0] + self.value(ALNUM))
        return tuple(found)

    def value(self, letters: str) -> str:
        """At its ends no white space, which a line of a file of values does not keep."""
        inner = "".join(self.choice(letters) for _ in range(self.randint(6, 40)))
        return self.choice(ALNUM) + inner + "Zq"

    def content(self, held: Sequence[str], parts: int = len(PARTS)) -> bytes:
        """A file of few lines, of which some hold a value in some form."""
        if held and self.one_in(8):
            return self.choice(WHOLE)(self.choice(held))
        lines = []
        for _ in range(self.randint(0, 4)):
            if held and self.one_in(2):
                form = PARTS[self.randrange(parts)]
                lines.append(b"url = " + form(self.choice(held)))
            else:
                lines.append(self.choice(WORDS).encode())
        return self.choice((b"\n", b"\r\n")).join(lines)

    def plain(self, held: Sequence[str]) -> bytes:
        """Text that holds values as they are."""
        words = (*WORDS, *held)
        return "\n".join(self.choice(words) for _ in range(self.randint(0, 4))).encode()

    def path(self, held: Sequence[str]) -> bytes:
        if held and self.one_in(10):
            return self.choice(FOLDERS) + held[0].encode() + self.choice((b"", b"/x", b".pem"))
        return self.choice(FOLDERS) + self.choice(NAMES)

    def entry(self, held: Sequence[str], *, plain_only: bool) -> tuple[bytes, bytes]:
        mode = self.choice(MODES)
        if mode == b"160000":
            return mode, b"%040x" % self.randrange(1, 2**64)
        if mode == b"120000":
            named = bool(held) and not plain_only and self.one_in(2)
            return mode, b"../" + (held[0].encode() if named else b"a.js")
        return mode, self.plain(held) if plain_only else self.content(held)

    def commit(self, held: Sequence[str], earlier: Sequence[Commit], *, plain_only: bool) -> Commit:
        near = range(max(0, len(earlier) - 5), len(earlier))
        many = self.choice((0, 1, 1, 1, 1, 1, 1, 2, 2, 4))
        parents = self.sample(near, min(many, len(near)))
        files = dict(earlier[parents[0]].files) if parents else {}
        for _ in range(self.randint(0, 3)):
            what = self.choice(("write", "write", "write", "rename", "delete"))
            if what == "write" or not files:
                path = self.path(() if plain_only else held)
                _put(files, path, self.entry(held, plain_only=plain_only))
                continue
            old = self.choice(sorted(files))
            entry = files.pop(old)
            if what == "rename":
                _put(files, b"moved/" + old.rpartition(b"/")[2], entry)
        in_head = bool(held) and not plain_only
        message = self.choice((b"work", b"work\n", b"w\xc3\xb6rk\n\nmore\n", b"", b"\n\n x"))
        return Commit(
            parents=tuple(parents),
            files=files,
            message=message + (held[-1].encode() if in_head and self.one_in(3) else b""),
            author=b"Ada"
            + (b" " + held[0].encode() if in_head and self.one_in(4) else b"")
            + b" <ada@shop.invalid>",
            when=b"%d %s" % (1_600_000_000 + 60 * len(earlier), self.choice((b"+0000", b"-0730"))),
            encoding=self.choice((b"", b"", b"", b"ISO-8859-1")),
        )

    def tag(self, held: Sequence[str], commits: int) -> Tag:
        return Tag(
            name=b"v%d" % self.randrange(99) + self.choice((b"", b"-" + held[0].encode())),
            of=self.choice(("commit", "commit", "tree", "blob", "tag")),
            number=self.randrange(commits),
            message=b"release\n" + self.choice((b"", held[-1].encode())) + b"\n",
        )

    def history(self, *, plain_only: bool, most: int) -> History:
        """The commits before a drawn number hold no value."""
        secret, first = self.values(), self.randint(0, 4)
        commits: list[Commit] = []
        for number in range(self.randint(4, most)):
            held = secret if number >= first else ()
            commits.append(self.commit(held, commits, plain_only=plain_only))
        count = len(commits)
        named = (b"", b"", b"" if plain_only else b"-" + secret[0].encode())
        names = [b"main"]
        names += [b"topic/%d" % turn + self.choice(named) for turn in range(self.randint(0, 3))]
        more = 0 if plain_only else 3
        return History(
            values=secret,
            commits=tuple(commits),
            branches={b"refs/heads/" + name: self.randrange(count) for name in names},
            tags=tuple(self.tag(secret, count) for _ in range(self.randint(0, more))),
            notes={
                self.randrange(count): self.content(secret, 3) for _ in range(self.randint(0, more))
            },
            blob_ref=self.content(secret, 3) if more and self.one_in(3) else None,
            loose=self.one_in(2),
        )


def _put(files: dict[bytes, tuple[bytes, bytes]], path: bytes, entry: tuple[bytes, bytes]) -> None:
    """A name is a file or a folder: what stands in the way goes."""
    for other in list(files):
        if other.startswith(path + b"/") or path.startswith(other + b"/"):
            del files[other]
    files[path] = entry


def histories(*, plain_only: bool = False, most: int = 12) -> st.SearchStrategy[History]:
    """Any history, by a number that hypothesis draws and names where one fails.

    One number makes all of it: drawn piece by piece, one history was much like the one before.

    Args:
        plain_only: whether values stand in the text of files alone, as they are.
        most: how many commits there may be.
    """
    return st.integers(0, 2**64).map(
        lambda number: Chance(number).history(plain_only=plain_only, most=most)
    )


def make(history: History, root: Path) -> None:
    """Make it, with its main branch checked out."""
    root.mkdir(parents=True)
    git(root, "init", "-q", "-b", "main")
    for words in (
        ("gc.auto", "0"),
        ("user.name", "Ada"),
        ("user.email", "ada@shop.invalid"),
        ("fastimport.unpackLimit", "100000" if history.loose else "1"),
        ("core.protectNTFS", "false"),
    ):
        git(root, "config", *words)
    git(root, "fast-import", "--quiet", "--force", given=b"".join(_stream(history)))
    ids = git(root, "rev-parse", *(f"refs/made/{n}" for n in range(len(history.commits))))
    oids = ids.decode().split()
    commands = [f"delete refs/made/{n}\n".encode() for n in range(len(oids))]
    for name, number in history.branches.items():
        commands.append(b"create " + name + b" " + oids[number].encode() + b"\n")
    made = ""
    for place, tag in enumerate(history.tags):
        made = _tag(root, tag, oids, made)
        name = b"refs/tags/" + tag.name + b"-%d" % place
        commands.append(b"create " + name + b" " + made.encode() + b"\n")
    if history.blob_ref is not None:
        blob = git(root, "hash-object", "-w", "--stdin", given=history.blob_ref)
        commands.append(b"create refs/tags/blob " + blob)
    git(root, "update-ref", "--stdin", given=b"".join(commands))
    git(root, "reset", "-q", "--hard")


def _tag(root: Path, tag: Tag, oids: list[str], before: str) -> str:
    kind, oid = "commit", oids[tag.number]
    if tag.of == "tag" and before:
        kind, oid = "tag", before
    elif tag.of == "tree":
        kind, oid = "tree", git(root, "rev-parse", f"{oid}^{{tree}}").decode().strip()
    elif tag.of == "blob":
        kind, oid = (
            "blob",
            git(root, "hash-object", "-w", "--stdin", given=tag.message).decode().strip(),
        )
    text = b"object %s\ntype %s\ntag %s\ntagger Ada <a@shop.invalid> 1600000000 +0000\n\n%s" % (
        oid.encode(),
        kind.encode(),
        tag.name,
        tag.message,
    )
    return git(root, "hash-object", "-w", "-t", "tag", "--stdin", given=text).decode().strip()


def _stream(history: History) -> list[bytes]:
    out, who = [], b"Bob <bob@shop.invalid> "
    for number, commit in enumerate(history.commits):
        out.append(b"commit refs/made/%d\nmark :%d\n" % (number, number + 1))
        out.append(
            b"author %s %s\ncommitter %s%s\n" % (commit.author, commit.when, who, commit.when)
        )
        if commit.encoding:
            out.append(b"encoding %s\n" % commit.encoding)
        out.append(_data(commit.message))
        for place, parent in enumerate(commit.parents):
            out.append(b"%s :%d\n" % (b"merge" if place else b"from", parent + 1))
        out.append(b"deleteall\n")
        for path, (mode, content) in commit.files.items():
            if mode == b"160000":
                out.append(b"M 160000 %s %s\n" % (content, _quoted(path)))
            else:
                out.append(b"M %s inline %s\n%s" % (mode, _quoted(path), _data(content)))
    for place, (number, content) in enumerate(history.notes.items()):
        out.append(b"commit refs/notes/commits\nmark :%d\n" % (1000 + place))
        out.append(b"committer %s160000%d000 +0000\n%s" % (who, place, _data(b"note")))
        if place:
            out.append(b"from :%d\n" % (999 + place))
        out.append(b"N inline :%d\n%s" % (number + 1, _data(content)))
    return [*out, b"done\n"]


def _data(content: bytes) -> bytes:
    return b"data %d\n%s\n" % (len(content), content)


def _quoted(path: bytes) -> bytes:
    for plain, escaped in ((b"\\", b"\\\\"), (b'"', b'\\"'), (b"\n", b"\\n"), (b"\t", b"\\t")):
        path = path.replace(plain, escaped)
    return b'"' + path + b'"'
