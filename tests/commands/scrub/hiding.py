"""A real repository with a fresh secret in every place that a scrub has to reach, or to name.

Only git makes it. Every secret is random, made when this runs; nothing here looks like one. Before
the first leak, and beside it, stands innocent history whose ids must stay as they are.
"""

import base64
import gzip
import hashlib
import html
import io
import json
import random
import re
import secrets
import shutil
import string
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from msgspec import Struct

from tests.history.hideouts import Builder

ALNUM = string.ascii_letters + string.digits
LARGE_BYTES = 30 << 20
WHERE_PIECES_MEET = 16 << 20


class Place(Struct, frozen=True, kw_only=True):
    """One place, the value in it, and what is said of it before and after."""

    number: int
    title: str
    value: str
    where: str
    """How the judge's name of the place begins."""
    form: str = "plain"
    """The form that the judge finds it in."""
    left: str | None = None
    """Part of the subject that the command names it by, where it can only be reported."""


class Hidden(Struct, frozen=True, kw_only=True):
    """What one place tells: its value, and the rest of a `Place`."""

    value: str
    where: str
    form: str = "plain"
    left: str | None = None


def word() -> str:
    """A secret of letters and digits, for names, where nothing else can stand."""
    return "".join(secrets.choice(ALNUM) for _ in range(28))


def odd() -> str:
    """A secret whose every encoding differs from it."""
    return f"""{word()[:14]}/+&"<é>' %?{word()[:14]}"""


def line(value: str) -> str:
    return f"export const url = '{value}'\n"


class Hiding(Builder):
    """Builds the repository, with what the tests need to know of it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.folder = folder
        self.places: list[Place] = []
        self.innocent: list[str] = []
        """Commits that no leak reaches; their ids must stay."""
        self.innocent_refs: dict[str, str] = {}
        self.noted: dict[str, str] = {}
        """The commits that have a note, by what the note says after the scrub."""
        self.replaced: tuple[str, str] = ("", "")
        """A commit of the main line, and the one that stands in for it."""
        self.signer = self._signer()

    def hide(self) -> list[Place]:
        """All of it; gives the places by number."""
        self.git("init", "-q", "-b", "main")
        self.git("config", "gc.auto", "0")
        self.git("config", "core.logAllRefUpdates", "true")
        self._begin()
        for number, (title, how) in enumerate(PLACES, start=1):
            if how in NEEDS_SIGNER and self.signer is None:
                continue
            told = how(self)
            self.places.append(
                Place(
                    number=number,
                    title=title,
                    value=told.value,
                    where=told.where,
                    form=told.form,
                    left=told.left,
                )
            )
        self._pack_some()
        return self.places

    def signed(self, *words: str) -> str:
        """Run git where commits and tags can be signed."""
        return self.git(
            *("-c", "gpg.format=ssh", "-c", f"user.signingkey={self.signer}"),
            *("-c", f"gpg.ssh.allowedSignersFile={self.signer}.allowed", *words),
        )

    def _signer(self) -> Path | None:
        if shutil.which("ssh-keygen") is None:
            return None
        key = self.outside / "signer"
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "ada", "-f", str(key)], check=True
        )
        public = key.with_suffix(".pub").read_text()
        Path(f"{key}.allowed").write_text(f'ada@shop.invalid namespaces="git" {public}')
        return key

    def _begin(self) -> None:
        """Innocent history: before the first leak, and branches that no leak ever reaches."""
        for turn in range(4):
            self.commit("README.md", f"# A shop, {turn}\n", f"begin {turn}")
        self.commit("src/app.js", "export const name = 'shop'\n", "the app")
        if self.signer is not None:
            self.write("src/signed.js", "let signed\n")
            self.signed("commit", "-q", "-S", "-m", "signed before the leak")
            self.signed("tag", "-s", "v0-signed", "-m", "signed before the leak")
        self.git("tag", "-a", "v0", "-m", "before the leak")
        self.git("notes", "add", "-m", "an innocent note", "HEAD")
        self.noted[self.git("rev-parse", "HEAD")] = "an innocent note"
        self.git("checkout", "-q", "-b", "quiet")
        self.commit("src/quiet.js", "let quiet\n", "beside the leak")
        self.commit("src/quiet.js", "let quieter\n", "still beside the leak")
        self.git("checkout", "-q", "--orphan", "pages")
        self.git("rm", "-q", "-rf", ".")
        self.commit("index.html", "<p>\n", "pages of their own")
        self.git("checkout", "-q", "main")
        self.innocent = self.git("rev-list", "main", "quiet", "pages").split()
        shown = self.git("for-each-ref", "--format=%(refname) %(objectname)")
        refs = dict(one.rsplit(" ", 1) for one in shown.splitlines())
        self.innocent_refs = {
            name: oid
            for name, oid in refs.items()
            if name not in {"refs/heads/main", "refs/notes/commits"}
        }

    def _pack_some(self) -> None:
        """Objects and refs lie about as in any repository: some packed, some not."""
        self.git("pack-refs", "--all", "--no-prune")
        names = self.git("rev-list", "--objects", "--no-object-names", "main~40")
        packs = self.root / ".git/objects/pack/pack"
        self.git("pack-objects", "-q", str(packs), given=f"{names}\n".encode())


Told = Hidden


def plain(b: Hiding) -> Told:
    b.commit("src/db.js", line(v := odd()))
    return Hidden(value=v, where=f"blob {b.git('rev-parse', ':src/db.js')}")


def in_the_work_tree(b: Hiding) -> Told:
    b.commit("src/tree.js", line(v := odd()))
    return Hidden(value=v, where="work tree shop/src/tree.js")


def env_file(b: Hiding) -> Told:
    b.past(".env", f"PORT=3000\nMONGO_URI={(v := odd())}\nJWT=\n")
    return Hidden(value=v, where="blob ")


def many_commits(b: Hiding) -> Told:
    v = odd()
    for turn in range(8):
        b.commit("src/shop.js", f"const turn = {turn}\n{line(v)}// {turn}\n")
    b.commit("src/shop.js", "export const url = process.env.URL\n")
    return Hidden(value=v, where="blob ")


def commit_message(b: Hiding) -> Told:
    made = b.commit("src/a.js", "let a\n", f"connect\n\nwith {(v := odd())}\n\nSigned-off-by: Ada")
    return Hidden(value=v, where=f"commit {made}")


def commit_that_names_another(b: Hiding) -> Told:
    """Its message names a commit that gets a new id."""
    leaked = b.git("rev-parse", "HEAD")
    made = b.commit("src/a.js", "let b\n", f"revert {leaked[:10]}\n\n{leaked}: {(v := odd())}")
    return Hidden(value=v, where=f"commit {made}")


def subject(b: Hiding) -> Told:
    """The reflog quotes it."""
    b.commit("src/a.js", "let c\n", f"use {(v := odd())}")
    return Hidden(value=v, where="file logs/HEAD")


def tag_message(b: Hiding) -> Told:
    b.git("tag", "-a", "v1", "-m", f"release\n\n{(v := odd())}")
    return Hidden(value=v, where=f"tag {b.git('rev-parse', 'v1')}")


def nested_tag(b: Hiding) -> Told:
    b.git("tag", "-a", "inner", "-m", f"inner {(v := odd())}")
    inner = b.git("rev-parse", "inner")
    b.git("tag", "-a", "outer", "-m", "outer", "inner")
    b.git("tag", "-a", "outermost", "-m", "outermost", "outer")
    b.git("tag", "-d", "inner")
    return Hidden(value=v, where=f"tag {inner}")


def tagger(b: Hiding) -> Told:
    v = word()
    b.git("tag", "-a", "v2", "-m", "release", GIT_COMMITTER_NAME=f"Ada {v}")
    return Hidden(value=v, where=f"tag {b.git('rev-parse', 'v2')}")


def tag_of_blob(b: Hiding) -> Told:
    b.git("tag", "a-blob", made := b.blob(line(v := odd())))
    return Hidden(value=v, where=f"blob {made}")


def annotated_tag_of_tree(b: Hiding) -> Told:
    made = b.blob(line(v := odd()))
    tree = b.git("mktree", given=f"100644 blob {made}\tin-a-tree.js\n".encode())
    b.git("tag", "-a", "a-tree", "-m", "a tree", tree)
    return Hidden(value=v, where=f"blob {made}")


def note(b: Hiding) -> Told:
    b.git("notes", "add", "-m", f"the database is {(v := odd())}", "HEAD")
    b.noted[b.git("rev-parse", "HEAD")] = "the database is ***REMOVED***"
    return Hidden(value=v, where="blob ")


def note_on_what_is_rewritten(b: Hiding) -> Told:
    """The note says nothing, but its commit gets a new id; it is in a namespace of its own."""
    v = odd()
    b.commit("src/noted.js", line(v))
    b.git("notes", "--ref", "review", "add", "-m", "seen, and good", "HEAD")
    b.git("notes", "add", "-m", "a clean note", "HEAD")
    b.noted[b.git("rev-parse", "HEAD")] = "a clean note"
    return Hidden(value=v, where="blob ")


def untracked_in_stash(b: Hiding) -> Told:
    (b.root / "scratch.js").write_text(line(v := odd()))
    b.git("stash", "-q", "-u")
    return Hidden(value=v, where="blob ")


def older_stash(b: Hiding) -> Told:
    (b.root / "src/app.js").write_text(line(v := odd()))
    b.git("stash", "push", "-q", "-m", "older")
    return Hidden(value=v, where="blob ")


def staged_in_stash(b: Hiding) -> Told:
    """Only the stash's index has it."""
    b.write("src/app.js", line(v := odd()))
    (b.root / "src/app.js").write_text("let other\n")
    b.git("stash", "push", "-q", "-m", "middle")
    return Hidden(value=v, where="blob ")


def newest_stash(b: Hiding) -> Told:
    v = odd()
    (b.root / "src/app.js").write_text(line(v))
    b.git("stash", "push", "-q", "-m", "newest")
    return Hidden(value=v, where="blob ")


def stash_message(b: Hiding) -> Told:
    (b.root / "src/app.js").write_text("let stashed\n")
    b.git("stash", "push", "-q", "-m", f"with {(v := odd())}")
    return Hidden(value=v, where="file logs/refs/stash")


def unmerged_branch(b: Hiding) -> Told:
    b.git("checkout", "-q", "-b", "feature")
    b.commit("src/feature.js", line(v := odd()))
    b.git("checkout", "-q", "main")
    return Hidden(value=v, where="blob ")


def evil_merge(b: Hiding) -> Told:
    b.git("checkout", "-q", "-b", "side")
    b.commit("src/side.js", "let side\n")
    b.git("checkout", "-q", "main")
    b.commit("src/main.js", "let main\n")
    b.git("merge", "-q", "--no-ff", "--no-commit", "side")
    b.write("src/merged.js", line(v := odd()))
    b.git("commit", "-q", "-m", "merge")
    b.git("rm", "-q", "src/merged.js")
    b.git("commit", "-q", "-m", "tidy up")
    return Hidden(value=v, where="blob ")


def octopus(b: Hiding) -> Told:
    """Two of three arms are innocent."""
    base = b.git("rev-parse", "HEAD")
    v = odd()
    for arm, content in (("arm-1", line(v)), ("arm-2", "let b\n"), ("arm-3", "let c\n")):
        b.git("checkout", "-q", "-b", arm, base)
        b.commit(f"src/{arm}.js", content)
    b.git("checkout", "-q", "main")
    b.git("merge", "-q", "-m", "three arms", "arm-1", "arm-2", "arm-3")
    return Hidden(value=v, where="blob ")


def amended(b: Hiding) -> Told:
    b.commit("src/amended.js", line(v := odd()))
    b.write("src/amended.js", "let url\n")
    b.git("commit", "-q", "--amend", "-m", "better")
    return Hidden(value=v, where="blob ")


def dangling_commit(b: Hiding) -> Told:
    tree = b.git("mktree", given=f"100644 blob {b.blob(line(v := odd()))}\tlost.js\n".encode())
    b.git("commit-tree", tree, "-m", "lost")
    return Hidden(value=v, where="blob ")


def dangling_blob(b: Hiding) -> Told:
    return Hidden(value=(v := odd()), where=f"blob {b.blob(line(v))}")


def dangling_tag(b: Hiding) -> Told:
    b.git("tag", "-a", "gone", "-m", f"gone {(v := odd())}")
    made = b.git("rev-parse", "gone")
    b.git("tag", "-d", "gone")
    return Hidden(value=v, where=f"tag {made}")


def reflog_text(b: Hiding) -> Told:
    v = odd()
    b.git("update-ref", "--create-reflog", "-m", f"moved for {v}", "refs/heads/r", "HEAD")
    return Hidden(value=v, where="file logs/refs/heads/r")


def only_in_a_reflog(b: Hiding) -> Told:
    """A commit that nothing but an entry of a branch's reflog keeps."""
    b.git("checkout", "-q", "-b", "reset")
    b.commit("src/reset.js", line(v := odd()))
    b.git("reset", "-q", "--hard", "HEAD~1")
    b.git("checkout", "-q", "main")
    return Hidden(value=v, where="blob ")


def special_ref(name: str) -> Callable[[Hiding], Told]:
    def hide(b: Hiding) -> Told:
        made = b.blob(line(v := odd()))
        tree = b.git("mktree", given=f"100644 blob {made}\t{name.replace('/', '-')}.js\n".encode())
        b.git("update-ref", name, b.git("commit-tree", tree, "-m", name))
        return Hidden(value=v, where=f"blob {made}")

    return hide


def replacing_blob(b: Hiding) -> Told:
    old, new = b.blob("let old\n"), b.blob(line(v := odd()))
    b.git("replace", old, new)
    return Hidden(value=v, where=f"blob {new}")


def replacing_commit(b: Hiding) -> Told:
    """The one that is replaced gets a new id, and so does the one in its place."""
    old = b.commit("src/replaced.js", "let replaced\n")
    text = b.git("cat-file", "commit", old) + f" as {(v := odd())}\n"
    new = b.git("hash-object", "-t", "commit", "-w", "--stdin", given=text.encode())
    b.git("replace", old, new)
    b.replaced = (old, new)
    return Hidden(value=v, where=f"commit {new}")


def author_name(b: Hiding) -> Told:
    b.write("src/author.js", "let author\n")
    b.git("commit", "-q", "-m", "work", GIT_AUTHOR_NAME=f"Ada {(v := word())}")
    return Hidden(value=v, where=f"commit {b.git('rev-parse', 'HEAD')}")


def committer_mail(b: Hiding) -> Told:
    b.write("src/committer.js", "let committer\n")
    b.git("commit", "-q", "-m", "work", GIT_COMMITTER_EMAIL=f"{(v := word())}@shop.invalid")
    return Hidden(value=v, where="file logs/HEAD")


def branch_name(b: Hiding) -> Told:
    b.git("branch", f"fix/{(v := word())}")
    return Hidden(value=v, where=f"ref refs/heads/fix/{v}")


def folder_of_branches(b: Hiding) -> Told:
    """Two branches below a folder of that name, and one whose name will be equal to it."""
    v = word()
    for name in (f"of/{v}/one", f"of/{v}/two"):
        b.git("branch", name)
    return Hidden(value=v, where=f"ref refs/heads/of/{v}/one")


def branches_alike(b: Hiding) -> Told:
    """Two branches that a mask alone would make one; the other one's value is a place below."""
    b.git("branch", f"like/{(v := word())}", "HEAD~2")
    return Hidden(value=v, where=f"ref refs/heads/like/{v}")


def tag_name(b: Hiding) -> Told:
    b.git("tag", v := word())
    return Hidden(value=v, where=f"ref refs/tags/{v}")


def annotated_tag_name(b: Hiding) -> Told:
    """The tag object knows its own name, too."""
    b.git("tag", "-a", f"rel-{(v := word())}", "-m", "release")
    return Hidden(value=v, where=f"tag {b.git('rev-parse', f'rel-{v}')}")


def symbolic_ref(b: Hiding) -> Told:
    """What it points at has a name that goes."""
    b.git("branch", f"at/{(v := word())}")
    b.git("symbolic-ref", "refs/remotes/origin/HEAD", f"refs/heads/at/{v}")
    return Hidden(value=v, where="file refs/remotes/origin/HEAD")


def branch_s_config(b: Hiding) -> Told:
    b.git("branch", f"up/{(v := word())}")
    b.git("config", f"branch.up/{v}.merge", f"refs/heads/up/{v}")
    return Hidden(value=v, where="file config")


def file_name(b: Hiding) -> Told:
    b.commit(f"keys/{(v := word())}.pem", "empty\n")
    return Hidden(value=v, where="tree ")


def file_name_alike(b: Hiding) -> Told:
    """Beside the one above: a mask alone would make one name of two."""
    b.commit(f"keys/{(v := word())}.pem", "empty as well\n")
    return Hidden(value=v, where="tree ")


def folder_name(b: Hiding) -> Told:
    b.past(f"deep/{(v := word())}/more/a.js", "let a\n")
    return Hidden(value=v, where="tree ")


def symlink_target(b: Hiding) -> Told:
    (b.root / "link").symlink_to(f"/srv/{(v := word())}/data")
    b.git("add", "link")
    b.git("commit", "-q", "-m", "link")
    return Hidden(value=v, where="work tree shop/link (link)")


def executable(b: Hiding) -> Told:
    b.write("bin/run", f"#!/bin/sh\nURL='{(v := word())}'\n")
    b.git("update-index", "--chmod=+x", "bin/run")
    (b.root / "bin/run").chmod(0o755)
    b.git("commit", "-q", "-m", "run")
    return Hidden(value=v, where="work tree shop/bin/run")


def written(
    name: str, form: str, wrap: Callable[[str], str | bytes], *, stays: bool = False
) -> Callable[[Hiding], Told]:
    def hide(b: Hiding) -> Told:
        (b.commit if stays else b.past)(name, wrap(v := odd()))
        made = b.git("rev-parse", f"{'HEAD' if stays else 'HEAD~1'}:{name}")
        return Hidden(value=v, where=f"blob {made}", form=form)

    return hide


def base64_at(offset: int, *, url_safe: bool = False) -> Callable[[str], str]:
    def wrap(value: str) -> str:
        plain = f"{'x' * offset}{value}\n".encode()
        coded = base64.urlsafe_b64encode(plain) if url_safe else base64.b64encode(plain)
        return f"data:\n  url: {coded.decode()}\n"

    return wrap


def in_lines(width: int, *, end: str = "\n", offset: int = 0) -> Callable[[str], str]:
    def wrap(value: str) -> str:
        coded = base64.b64encode(f"{'padding ' * 11}{'x' * offset}{value} tail".encode()).decode()
        return end.join(coded[at : at + width] for at in range(0, len(coded), width)) + end

    return wrap


def zipped(value: str) -> bytes:
    """Two members, one of them stored and without the value."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = b"of a shop"
        info = zipfile.ZipInfo("backup/db.js", (2021, 5, 4, 3, 2, 2))
        info.external_attr, info.compress_type = 0o100640 << 16, zipfile.ZIP_DEFLATED
        archive.writestr(info, line(value))
        info = zipfile.ZipInfo("backup/readme", (2020, 5, 4, 3, 2, 2))
        archive.writestr(info, "nothing\n")
    return out.getvalue()


def gzip_in_zip(value: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("logs/one.gz", gzip.compress(line(value).encode(), mtime=1_600_000_000))
    return out.getvalue()


def gzipped(value: str) -> bytes:
    out = io.BytesIO()
    with gzip.GzipFile("dump.sql", "wb", fileobj=out, mtime=1_600_000_000) as file:
        file.write(line(value).encode())
    return out.getvalue()


def binary(value: str) -> bytes:
    noise = random.Random(7)
    return noise.randbytes(5000) + b"\0" + value.encode() + b"\0" + noise.randbytes(5000)


def url_escaped(value: str) -> str:
    return f"go('https://x.invalid/?to={quote(value, safe='')}')\n"


def html_escaped(value: str) -> str:
    return f'<input value="{html.escape(value)}">\n'


def json_in_go(value: str) -> str:
    dumped = json.dumps({"url": value}, ensure_ascii=False)
    return "".join(f"\\u{ord(x):04x}" if x in "<>&" else x for x in dumped) + "\n"


def large(b: Hiding) -> Told:
    """Its value lies where two of the pieces meet that a large file might be read in."""
    v = odd()
    filler = b"let nothing = 'at all'\n" * (LARGE_BYTES // 23)
    cut = WHERE_PIECES_MEET - 20
    b.past("dump.js", filler[:cut] + v.encode() + filler[cut:] + v.encode())
    return Hidden(value=v, where="blob ")


def uri(b: Hiding) -> Told:
    """The password within it is a value as well, the place below."""
    v = f"mongodb://app:{word()}@db.invalid/app"
    b.commit("src/uri.js", line(v))
    b.inner = v[14:-15]  # type: ignore[attr-defined]
    return Hidden(value=v, where="blob ")


def password_of_the_uri(b: Hiding) -> Told:
    v: str = b.inner  # type: ignore[attr-defined]
    b.commit("src/password.js", line(v))
    return Hidden(value=v, where="blob ")


def twice_in_a_line(b: Hiding) -> Told:
    v = odd()
    b.commit("src/twice.js", f"{v}{v} {v}")
    return Hidden(value=v, where="blob ")


def lfs_object(b: Hiding) -> Told:
    content = line(v := odd()).encode()
    oid = hashlib.sha256(content).hexdigest()
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {len(content)}\n"
    b.commit("dumps/here.js", pointer)
    stored = b.root / ".git/lfs/objects" / oid[:2] / oid[2:4] / oid
    stored.parent.mkdir(parents=True)
    stored.write_bytes(content)
    return Hidden(value=v, where=f"file lfs/objects/{oid[:2]}/{oid[2:4]}/{oid}", left=oid)


def submodule(b: Hiding) -> Told:
    other = b.outside / "library"
    other.mkdir()
    b.git("init", "-q", "-b", "main", cwd=other)
    (other / "lib.js").write_text(line(v := odd()))
    b.git("add", ".", cwd=other)
    b.git("commit", "-q", "-m", "lib", cwd=other)
    b.git("rm", "-q", "lib.js", cwd=other)
    b.git("commit", "-q", "--allow-empty", "-m", "tidy up", cwd=other)
    b.git("submodule", "--quiet", "add", str(other), "library")
    b.git("commit", "-q", "-m", "library")
    return Hidden(value=v, where="submodule library: blob ", left="library")


def gitmodules(b: Hiding) -> Told:
    v = word()
    text = (b.root / ".gitmodules").read_text()
    url = f"https://deploy:{v}@git.invalid/lib"
    b.commit(".gitmodules", f'{text}[submodule "lib"]\n\tpath = lib\n\turl = {url}\n')
    b.commit(".gitmodules", text)
    return Hidden(value=v, where="blob ")


def config_url(b: Hiding) -> Told:
    b.git("config", "remote.deploy.url", f"https://deploy:{(v := word())}@git.invalid/shop")
    return Hidden(value=v, where="file config")


def config_section(b: Hiding) -> Told:
    b.git("config", f"url.https://deploy:{(v := word())}@git.invalid/.insteadOf", "shop:")
    return Hidden(value=v, where="file config")


def git_file(name: str, text: str) -> Callable[[Hiding], Told]:
    def hide(b: Hiding) -> Told:
        path = b.root / ".git" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.format(v := odd()))
        path.chmod(0o755 if name.startswith("hooks/") else 0o644)
        return Hidden(value=v, where=f"file {name}")

    return hide


def fetch_head(b: Hiding) -> Told:
    head = b.git("rev-parse", "HEAD")
    text = f"{head}\t\tbranch 'main' of https://x:{(v := word())}@git.invalid/shop\n"
    (b.root / ".git/FETCH_HEAD").write_text(text)
    return Hidden(value=v, where="file FETCH_HEAD")


def orig_head(b: Hiding) -> Told:
    """A commit that only ORIG_HEAD names."""
    tree = b.git("mktree", given=f"100644 blob {b.blob(line(v := odd()))}\torig.js\n".encode())
    made = b.git("commit-tree", tree, "-m", "orig")
    (b.root / ".git/ORIG_HEAD").write_text(f"{made}\n")
    return Hidden(value=v, where="blob ")


def linked_worktree(b: Hiding) -> Told:
    place = b.outside / "linked"
    b.git("worktree", "add", "-q", "--detach", str(place))
    (place / "linked.js").write_text(line(v := odd()))
    b.git("add", "linked.js", cwd=place)
    b.git("commit", "-q", "-m", "linked", cwd=place)
    return Hidden(value=v, where="work tree linked/linked.js")


def linked_index(b: Hiding) -> Told:
    place = b.outside / "linked"
    (place / "staged.js").write_text(line(v := odd()))
    b.git("add", "staged.js", cwd=place)
    oid = b.git("rev-parse", ":staged.js", cwd=place)
    (place / "staged.js").write_text("let url\n")
    return Hidden(value=v, where=f"blob {oid}")


def linked_branch(b: Hiding) -> Told:
    """A linked worktree that stands on a branch whose name goes."""
    place = b.outside / "on-a-branch"
    b.git("worktree", "add", "-q", "-b", f"wt/{(v := word())}", str(place))
    return Hidden(value=v, where="file worktrees/on-a-branch/HEAD")


def untracked(b: Hiding) -> Told:
    (b.root / "notes.js").write_text(line(v := odd()))
    return Hidden(value=v, where="work tree shop/notes.js", left="notes.js")


def ignored(b: Hiding) -> Told:
    b.commit(".gitignore", "local/\n")
    (b.root / "local").mkdir()
    (b.root / "local/db.js").write_text(line(v := odd()))
    return Hidden(value=v, where="work tree shop/local/db.js", left="local/db.js")


def signed_commit(b: Hiding) -> Told:
    b.write("src/signed.js", line(v := odd()))
    b.signed("commit", "-q", "-S", "-m", "signed")
    return Hidden(value=v, where="blob ")


def signed_tag(b: Hiding) -> Told:
    b.signed("tag", "-s", "v3", "-m", f"signed {(v := odd())}")
    return Hidden(value=v, where=f"tag {b.git('rev-parse', 'v3')}")


def merged_tag(b: Hiding) -> Told:
    """A merge keeps a whole signed tag in its head."""
    b.git("checkout", "-q", "-b", "tagged")
    b.commit("src/tagged.js", "let tagged\n")
    b.signed("tag", "-s", "v4", "-m", f"merge {(v := odd())} in")
    b.git("checkout", "-q", "main")
    b.git("merge", "-q", "--no-ff", "-m", "merge a tag", "v4")
    b.git("tag", "-d", "v4")
    return Hidden(value=v, where=f"commit {b.git('rev-parse', 'HEAD')}")


NEEDS_SIGNER = frozenset({signed_commit, signed_tag, merged_tag})

PLACES: tuple[tuple[str, Callable[[Hiding], Told]], ...] = (
    ("a plain file", plain),
    ("a tracked file in the work tree", in_the_work_tree),
    (".env, added and deleted", env_file),
    ("a file of many commits", many_commits),
    ("a commit's message", commit_message),
    ("a message that names a rewritten commit", commit_that_names_another),
    ("a commit's subject, in the reflog", subject),
    ("an annotated tag's message", tag_message),
    ("the message of a tag within tags", nested_tag),
    ("a tagger's name", tagger),
    ("a tag that points at a blob", tag_of_blob),
    ("an annotated tag that points at a tree", annotated_tag_of_tree),
    ("a note", note),
    ("a noted commit", note_on_what_is_rewritten),
    ("an untracked file in a stash", untracked_in_stash),
    ("an older stash", older_stash),
    ("the index of a stash", staged_in_stash),
    ("a stash's message", stash_message),
    ("the newest stash", newest_stash),
    ("a branch that was never merged", unmerged_branch),
    ("an evil merge", evil_merge),
    ("one arm of an octopus", octopus),
    ("an amended commit", amended),
    ("a dangling commit", dangling_commit),
    ("a dangling blob", dangling_blob),
    ("a dangling tag", dangling_tag),
    ("a reflog's text", reflog_text),
    ("a commit that only a reflog has", only_in_a_reflog),
    ("refs/original", special_ref("refs/original/refs/heads/main")),
    ("refs/pull", special_ref("refs/pull/7/head")),
    ("a remote's ref", special_ref("refs/remotes/origin/old")),
    ("a ref of a namespace of its own", special_ref("refs/changes/01/1/1")),
    ("refs/replace, of a blob", replacing_blob),
    ("refs/replace, of a commit", replacing_commit),
    ("an author's name", author_name),
    ("a committer's address", committer_mail),
    ("a branch's name", branch_name),
    ("a folder of branches", folder_of_branches),
    ("two branches that would be alike, first", branches_alike),
    ("two branches that would be alike, second", branches_alike),
    ("a tag's name", tag_name),
    ("an annotated tag's name", annotated_tag_name),
    ("what a symbolic ref points at", symbolic_ref),
    ("a branch's settings", branch_s_config),
    ("a file's name", file_name),
    ("a file's name that would be alike", file_name_alike),
    ("a folder's name", folder_name),
    ("a symlink's target", symlink_target),
    ("an executable file", executable),
    (
        "lines that end in CRLF",
        written("crlf.js", "plain", lambda v: f"let a\r\n{v}\r\nlet b\r\n", stays=True),
    ),
    ("UTF-16 LE", written("le.js", "utf-16-le", lambda v: line(v).encode("utf-16-le"))),
    (
        "UTF-16 BE with a mark",
        written("be.js", "utf-16-be", lambda v: f"\ufeff{line(v)}".encode("utf-16-be")),
    ),
    ("base64, offset 0", written("b0.yaml", "base64", base64_at(0))),
    ("base64, offset 1", written("b1.yaml", "base64", base64_at(1))),
    ("base64, offset 2", written("b2.yaml", "base64", base64_at(2))),
    ("base64url, offset 0", written("u0.yaml", "base64", base64_at(0, url_safe=True))),
    ("base64url, offset 1", written("u1.yaml", "base64", base64_at(1, url_safe=True))),
    ("base64url, offset 2", written("u2.yaml", "base64", base64_at(2, url_safe=True))),
    ("base64 in lines of 76", written("mime.b64", "base64", in_lines(76))),
    ("base64 in lines of 64", written("pem.b64", "base64", in_lines(64, offset=1))),
    (
        "base64 in lines with CRLF",
        written("crlf.b64", "base64", in_lines(76, end="\r\n", offset=2)),
    ),
    ("base64 in short lines, indented", written("short.b64", "base64", in_lines(20, end="\n  "))),
    (
        "base64 of UTF-16",
        written(
            "b16.ps1",
            "base64 of utf-16-le",
            lambda v: f"powershell -e {base64.b64encode(v.encode('utf-16-le')).decode()}\n",
        ),
    ),
    ("URL encoding", written("url.js", "url", url_escaped, stays=True)),
    (
        "URL encoding in small letters",
        written("small.js", "url", lambda v: re.sub("%..", lambda m: m.group().lower(), quote(v))),
    ),
    (
        "URL encoding of a form",
        written("form.txt", "url", lambda v: f"a=1&url={quote(v, safe='').replace('%20', '+')}&b="),
    ),
    ("JSON", written("a.json", "json", lambda v: json.dumps({"url": v}, indent=1))),
    (
        "JSON with its slashes escaped",
        written("b.json", "json", lambda v: json.dumps({"url": v}).replace("/", "\\/")),
    ),
    ("JSON as Go writes it", written("c.json", "json", json_in_go)),
    ("HTML entities", written("a.html", "html", html_escaped)),
    ("hex", written("hex.js", "hex", lambda v: f"let a = '{line(v).encode().hex()}'\n")),
    (
        "hex in capitals",
        written("hex2.js", "hex", lambda v: f"let a = '{line(v).encode().hex().upper()}'\n"),
    ),
    ("a zip's member", written("old.zip", "zip member backup/db.js: plain", zipped, stays=True)),
    ("gzip", written("old.gz", "gzip: plain", gzipped, stays=True)),
    (
        "gzip within a zip",
        written("both.zip", "zip member logs/one.gz: gzip: plain", gzip_in_zip),
    ),
    ("a binary file with NULs", written("core.bin", "plain", binary, stays=True)),
    ("a large file", large),
    ("a URI", uri),
    ("the password of that URI", password_of_the_uri),
    ("three times in a line", twice_in_a_line),
    ("an LFS object", lfs_object),
    ("a submodule's own history", submodule),
    (".gitmodules", gitmodules),
    ("a URL in .git/config", config_url),
    ("the name of a section of .git/config", config_section),
    ("a hook", git_file("hooks/post-commit", "#!/bin/sh\nURL='{}'\n")),
    ("info/exclude", git_file("info/exclude", "# {}\n")),
    ("the description", git_file("description", "of {}\n")),
    ("what rerere has kept", git_file("rr-cache/" + "0" * 40 + "/preimage", "<<<\n{}\n===\n>>>\n")),
    ("a linked worktree's commit", linked_worktree),
    ("a linked worktree's index", linked_index),
    ("the branch of a linked worktree", linked_branch),
    ("a signed commit", signed_commit),
    ("a signed tag", signed_tag),
    ("a signed tag within a merge", merged_tag),
    ("an ignored file", ignored),
    ("an untracked file", untracked),
    ("FETCH_HEAD", fetch_head),
    ("ORIG_HEAD", orig_head),
    ("COMMIT_EDITMSG", git_file("COMMIT_EDITMSG", "last\n\nwith {}\n")),
)


def borrowing(folder: Path) -> tuple[Hiding, Path, str, str]:
    """A clone that borrows the objects of another repository, and leaks something itself.

    Returns:
        The lender's builder; the clone; the value that both have; the value of the clone alone.
    """
    lender = Hiding(folder)
    lender.git("init", "-q", "-b", "main")
    lender.commit("README.md", "# Lent\n", "begin")
    lender.commit("src/db.js", line(lent := odd()), "leak")
    lender.commit("src/more.js", "let more\n", "more")
    clone = folder / "clone"
    lender.git("clone", "-q", "--shared", str(lender.root), str(clone))
    (clone / "own.js").write_text(line(own := odd()))
    lender.git("add", "own.js", cwd=clone)
    lender.git("commit", "-q", "-m", "a leak of its own", cwd=clone)
    return lender, clone, lent, own
