"""Any repository at all: drawn by hypothesis, made by one `git fast-import` and little more."""

import base64
import gzip
import html
import io
import json
import random
import string
import zipfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from msgspec import Struct

from tests.commands.scrub.judge import git

ALNUM = string.ascii_letters + string.digits
ODD = ALNUM + "/+&\"<>' %?=;:@$-_.~\\äß€"
FOLDERS = (b"", b"src/", b"src/deep/", b"lib/", b"a b/", b"n\xc3\xa4her/")
NAMES = (
    b"a.js",
    b"b.js",
    b"a",
    b"README",
    b".env",
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


@st.composite
def values(draw: DrawFn) -> tuple[str, ...]:
    """Two to four; the first can stand in a name; one may begin another."""
    chance = random.Random(draw(st.integers(0, 2**32)))

    def made(letters: str) -> str:
        return "".join(chance.choice(letters) for _ in range(chance.randint(8, 40)))

    found = [made(ALNUM), *(made(ODD) + "Zq" for _ in range(draw(st.integers(1, 2))))]
    if draw(st.booleans()):
        found.append(found[0] + made(ALNUM))
    return tuple(value.strip() for value in found)


@st.composite
def contents(draw: DrawFn, held: tuple[str, ...], forms: int) -> bytes:
    """A file of few lines, of which some hold a value in some form."""
    value = st.sampled_from(held) if held else st.nothing()
    if held and draw(st.integers(0, 7)) == 0:
        return draw(st.sampled_from(WHOLE))(draw(value))
    lines = []
    for _ in range(draw(st.integers(1, 4))):
        if draw(st.booleans()) and held:
            form = PARTS[draw(st.integers(0, forms - 1))]
            lines.append(b"url = " + form(draw(value)))
        else:
            lines.append(draw(st.sampled_from(WORDS)).encode())
    return draw(st.sampled_from((b"\n", b"\r\n"))).join(lines)


@st.composite
def histories(draw: DrawFn, *, plain_only: bool = False, most: int = 10) -> History:
    """Any history; the commits before a drawn number hold no value.

    Args:
        draw: hypothesis' own.
        plain_only: whether values stand in the text of files alone, as they are.
        most: how many commits there may be.
    """
    secret = draw(values())
    first = draw(st.integers(0, 4))
    commits: list[Commit] = []
    for number in range(draw(st.integers(min(4, most), most))):
        held = secret if number >= first else ()
        commits.append(draw(_commits(held, tuple(commits), plain_only)))
    within = st.integers(0, len(commits) - 1)
    named = st.sampled_from((b"", b"", b"-" + secret[0].encode()))
    names = [b"main", *(b"topic/%d" % turn for turn in range(draw(st.integers(0, 3))))]
    branches = {
        b"refs/heads/" + name + (b"" if plain_only or name == b"main" else draw(named)): draw(
            within
        )
        for name in names
    }
    tags = [] if plain_only else draw(st.lists(_tags(secret, within), max_size=4))
    return History(
        values=secret,
        commits=tuple(commits),
        branches=branches,
        tags=tuple(tags),
        notes={} if plain_only else draw(st.dictionaries(within, contents(secret, 3), max_size=3)),
        blob_ref=None if plain_only else draw(st.none() | contents(secret, 3)),
        loose=draw(st.booleans()),
    )


@st.composite
def _commits(
    draw: DrawFn, held: tuple[str, ...], earlier: tuple[Commit, ...], plain_only: bool
) -> Commit:
    number = len(earlier)
    many = draw(st.sampled_from((0, 1, 1, 1, 1, 1, 2, 2, 4)))
    near = st.integers(max(0, number - 4), number - 1) if number else st.nothing()
    parents = (
        draw(st.lists(near, min_size=1, max_size=many, unique=True)) if number and many else []
    )
    files = dict(earlier[parents[0]].files) if parents else {}
    for _ in range(draw(st.sampled_from((2, 1, 3, 0)))):
        what = draw(st.sampled_from(("write", "write", "write", "rename", "delete")))
        if what == "write" or not files:
            path = draw(st.sampled_from(FOLDERS)) + draw(st.sampled_from(NAMES))
            if held and not plain_only and draw(st.integers(0, 9)) == 0:
                path = (
                    draw(st.sampled_from(FOLDERS))
                    + held[0].encode()
                    + draw(st.sampled_from((b"", b"/x")))
                )
            _put(files, path, draw(_entries(held, plain_only)))
            continue
        old = draw(st.sampled_from(sorted(files)))
        entry = files.pop(old)
        if what == "rename":
            _put(files, b"moved/" + old.rpartition(b"/")[2], entry)
    somewhere = (
        b""
        if plain_only or not held
        else draw(st.sampled_from((b"", b"", b" " + held[-1].encode())))
    )
    author = (
        b""
        if plain_only or not held
        else draw(st.sampled_from((b"", b"", b" " + held[0].encode())))
    )
    return Commit(
        parents=tuple(parents),
        files=files,
        message=draw(
            st.sampled_from((b"work", b"work\n", b"w\xc3\xb6rk\n\nmore\n", b"", b"\n\n x"))
        )
        + somewhere,
        author=b"Ada" + author + b" <ada@shop.invalid>",
        when=b"%d %s" % (1_600_000_000 + 60 * number, draw(st.sampled_from((b"+0000", b"-0730")))),
        encoding=draw(st.sampled_from((b"", b"", b"", b"ISO-8859-1"))),
    )


def _put(files: dict[bytes, tuple[bytes, bytes]], path: bytes, entry: tuple[bytes, bytes]) -> None:
    """A name is a file or a folder: what stands in the way goes."""
    for other in list(files):
        if other.startswith(path + b"/") or path.startswith(other + b"/"):
            del files[other]
    files[path] = entry


@st.composite
def _entries(draw: DrawFn, held: tuple[str, ...], plain_only: bool) -> tuple[bytes, bytes]:
    mode = draw(st.sampled_from(MODES))
    if mode == b"160000":
        return mode, b"%040x" % draw(st.integers(1, 2**64))
    if mode == b"120000":
        target = held[0].encode() if held and not plain_only and draw(st.booleans()) else b"a.js"
        return mode, b"../" + target
    return mode, draw(_plain(held) if plain_only else contents(held, len(PARTS)))


@st.composite
def _plain(draw: DrawFn, held: tuple[str, ...]) -> bytes:
    words = [word.encode() for word in (*WORDS, *held)]
    return b"\n".join(draw(st.lists(st.sampled_from(words), max_size=4)))


@st.composite
def _tags(draw: DrawFn, secret: tuple[str, ...], within: st.SearchStrategy[int]) -> Tag:
    return Tag(
        name=b"v%d" % draw(st.integers(0, 99))
        + draw(st.sampled_from((b"", b"-" + secret[0].encode()))),
        of=draw(st.sampled_from(("commit", "commit", "tree", "blob", "tag"))),
        number=draw(within),
        message=b"release\n" + draw(st.sampled_from((b"", secret[-1].encode()))) + b"\n",
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
