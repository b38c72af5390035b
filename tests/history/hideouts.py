"""A real repository with a fresh, fake secret in every hiding place of `hiding_places.md`.

Only git makes it. Every secret is random, made when this runs; nothing here looks like one.
"""

import base64
import gzip
import hashlib
import io
import json
import os
import random
import secrets
import string
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from msgspec import Struct

ALNUM = string.ascii_letters + string.digits
LARGE_BYTES = 20 << 20


class Hideout(Struct, frozen=True, kw_only=True):
    """One place, the secret in it, and how a report should name the place."""

    number: int
    title: str
    secret: str
    where: str
    """Part of the finding's path or subject."""
    says: str = ""
    """Part of the finding's message."""
    found: bool = True


def uri() -> str:
    """A MongoDB URI with a random password, whose digits tell it from words in foreign code too."""
    word = "".join(f"{secrets.choice(ALNUM)}{secrets.randbelow(10)}" for _ in range(13))
    return f"mongodb+srv://shop:{word}@main.{secrets.token_hex(3)}.mongodb.net/orders"


def token() -> str:
    """A token of GitHub's shape, for names, where a URI cannot stand."""
    return "ghp_" + "".join(secrets.choice(ALNUM) for _ in range(36))


class Builder:
    """Builds the repository; each method named `at_…` hides one secret."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "shop"
        self.outside = folder / "outside"
        self.hideouts: list[Hideout] = []
        self._home = folder / "home"
        for made in (self.root, self.outside, self._home):
            made.mkdir(parents=True)
        self._clock = 1_700_000_000

    def build(self) -> list[Hideout]:
        """All of it; gives the hideouts by number."""
        self.git("init", "-q", "-b", "main")
        self.git("config", "uploadpack.allowAnySHA1InWant", "true")
        self.commit("README.md", "# A shop\n", "begin")
        self.commit("src/app.js", "export const name = 'shop'\n", "the app")
        for number, place in enumerate(PLACES, start=1):
            title, how, found = place
            secret, where, says = how(self)
            self.hideouts.append(
                Hideout(
                    number=number, title=title, secret=secret, where=where, says=says, found=found
                )
            )
        return self.hideouts

    def git(self, *words: str, given: bytes = b"", cwd: Path | None = None, **env: str) -> str:
        """Run git; gives what it said."""
        self._clock += 60
        when = f"{self._clock} +0000"
        ran = subprocess.run(
            ["git", *words],
            cwd=cwd or self.root,
            input=given,
            capture_output=True,
            check=False,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self._home),
                "GIT_CONFIG_NOSYSTEM": "1",
                "GIT_AUTHOR_NAME": "Ada",
                "GIT_AUTHOR_EMAIL": "ada@shop.invalid",
                "GIT_COMMITTER_NAME": "Ada",
                "GIT_COMMITTER_EMAIL": "ada@shop.invalid",
                "GIT_AUTHOR_DATE": when,
                "GIT_COMMITTER_DATE": when,
                "GIT_ALLOW_PROTOCOL": "file",
                **env,
            },
        )
        assert ran.returncode == 0, (words, ran.stderr)
        return ran.stdout.decode(errors="replace").strip()

    def write(self, name: str, content: str | bytes) -> str:
        """A file of the work tree, added to the index."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        self.git("add", "-f", "--", name)
        return name

    def commit(self, name: str, content: str | bytes, message: str = "work") -> str:
        """A file, committed; gives the commit."""
        self.write(name, content)
        self.git("commit", "-q", "-m", message)
        return self.git("rev-parse", "HEAD")

    def past(self, name: str, content: str | bytes) -> None:
        """A file, committed and then removed."""
        self.commit(name, content)
        self.git("rm", "-q", "--", name)
        self.git("commit", "-q", "-m", "tidy up")

    def aside(self, name: str, content: str) -> str:
        """A commit beside the main line, which no branch keeps; gives it."""
        self.git("checkout", "-q", "--detach")
        made = self.commit(name, content)
        self.git("checkout", "-q", "main")
        return made

    def blob(self, content: str) -> str:
        """A blob that nothing names yet."""
        return self.git("hash-object", "-w", "--stdin", given=content.encode())


Told = tuple[str, str, str]


def line(secret: str) -> str:
    return f"export const url = '{secret}'\n"


def plain(b: Builder) -> Told:
    b.commit("src/db.js", line(s := uri()))
    return s, "src/db.js", "in HEAD"


def env_file(b: Builder) -> Told:
    b.past(".env", f"PORT=3000\nMONGO_URI={(s := uri())}\n")
    return s, ".env", "reached by the history of HEAD"


def many_commits(b: Builder) -> Told:
    s = uri()
    for turn in range(6):
        b.commit("src/shop.js", f"const turn = {turn}\n{line(s)}")
    b.commit("src/shop.js", "export const url = process.env.URL\n")
    return s, "src/shop.js", "not in HEAD"


def renamed(b: Builder) -> Told:
    """Nothing but the later of the two names says that this is a password."""
    s = "".join(secrets.choice(ALNUM) for _ in range(24))
    b.commit("notes.lst", f"db.corp.invalid:5432:shop:shop:{s}\n")
    b.git("mv", "notes.lst", ".pgpass")
    b.git("commit", "-q", "-m", "where psql looks")
    b.git("rm", "-q", ".pgpass")
    b.git("commit", "-q", "-m", "tidy up")
    return s, ".pgpass", "not in HEAD"


def commit_message(b: Builder) -> Told:
    s = uri()
    made = b.commit("src/a.js", "let a\n", f"connect\n\nwith {s}")
    return s, f"commit {made[:12]}, message", "since commit"


def tag_message(b: Builder) -> Told:
    b.git("tag", "-a", "v1", "-m", f"release\n\n{(s := uri())}")
    return s, "refs/tags/v1, message", "in a tag"


def nested_tag(b: Builder) -> Told:
    b.git("tag", "-a", "inner", "-m", f"inner {(s := uri())}")
    inner = b.git("rev-parse", "inner")
    b.git("tag", "-a", "outer", "-m", "outer", "inner")
    b.git("tag", "-d", "inner")
    return s, f"tag {inner[:12]}, message", ""


def tag_of_blob(b: Builder) -> Told:
    made = b.blob(line(s := uri()))
    b.git("tag", "a-blob", made)
    return s, f"blob {made[:12]}", "held by refs/tags/a-blob"


def note(b: Builder) -> Told:
    b.git("notes", "add", "-m", f"the database is {(s := uri())}", "HEAD")
    noted = b.git("rev-parse", "HEAD")[:12]
    return s, f"the note on commit {noted}", "reached by refs/notes/commits"


def older_stash(b: Builder) -> Told:
    (b.root / "src/app.js").write_text(line(s := uri()))
    b.git("stash", "-q")
    (b.root / "src/app.js").write_text("let other\n")
    b.git("stash", "-q")
    return s, "src/app.js", "reached by stash@{2}"


def newest_stash(b: Builder) -> Told:
    (b.root / "src/app.js").write_text(line(s := uri()))
    b.git("stash", "-q")
    return s, "src/app.js", "reached by stash@{0}"


def untracked_in_stash(b: Builder) -> Told:
    (b.root / "scratch.js").write_text(line(s := uri()))
    b.git("stash", "-q", "-u")
    return s, "scratch.js", "reached by stash@{3}"


def unmerged_branch(b: Builder) -> Told:
    b.git("checkout", "-q", "-b", "feature")
    b.commit("src/feature.js", line(s := uri()))
    b.git("checkout", "-q", "main")
    return s, "src/feature.js", "reached by refs/heads/feature"


def evil_merge(b: Builder) -> Told:
    b.git("checkout", "-q", "-b", "side")
    b.commit("src/side.js", "let side\n")
    b.git("checkout", "-q", "main")
    b.commit("src/main.js", "let main\n")
    b.git("merge", "-q", "--no-ff", "--no-commit", "side")
    b.write("src/merged.js", line(s := uri()))
    b.git("commit", "-q", "-m", "merge")
    b.git("rm", "-q", "src/merged.js")
    b.git("commit", "-q", "-m", "tidy up")
    return s, "src/merged.js", "not in HEAD"


def amended(b: Builder) -> Told:
    b.commit("src/amended.js", line(s := uri()))
    b.write("src/amended.js", "let url\n")
    b.git("commit", "-q", "--amend", "-m", "better")
    return s, "src/amended.js", "reached by a reflog"


def dangling_commit(b: Builder) -> Told:
    tree_blob = b.blob(line(s := uri()))
    tree = b.git("mktree", given=f"100644 blob {tree_blob}\tlost.js\n".encode())
    b.git("commit-tree", tree, "-m", "lost")
    return s, "lost.js", "reached by nothing any more"


def dangling_blob(b: Builder) -> Told:
    made = b.blob(line(s := uri()))
    return s, f"blob {made[:12]}", "reached by nothing any more"


def loose_tree(b: Builder) -> Told:
    made = b.blob(line(s := uri()))
    b.git("mktree", given=f"100644 blob {made}\tof-a-tree.js\n".encode())
    return s, "of-a-tree.js", "which no commit has"


def reflog_text(b: Builder) -> Told:
    head = b.git("rev-parse", "HEAD")
    b.git("update-ref", "--create-reflog", "-m", f"moved for {(s := uri())}", "refs/heads/r", head)
    return s, ".git/logs/refs/heads/r", "in the git folder"


def special_ref(name: str) -> Callable[[Builder], Told]:
    def hide(b: Builder) -> Told:
        short = name.replace("/", "-")
        tree_blob = b.blob(line(s := uri()))
        tree = b.git("mktree", given=f"100644 blob {tree_blob}\t{short}.js\n".encode())
        b.git("update-ref", name, b.git("commit-tree", tree, "-m", name))
        return s, f"{short}.js", f"reached by {name}"

    return hide


def replaced(b: Builder) -> Told:
    old, new = b.blob("let old\n"), b.blob(line(s := uri()))
    b.git("replace", old, new)
    return s, f"blob {new[:12]}", f"held by refs/replace/{old}"


def author_name(b: Builder) -> Told:
    b.write("src/author.js", "let author\n")
    b.git("commit", "-q", "-m", "work", GIT_AUTHOR_NAME=f"Ada {(s := token())}")
    return s, "author line", "since commit"


def committer_mail(b: Builder) -> Told:
    b.write("src/committer.js", "let committer\n")
    b.git("commit", "-q", "-m", "work", GIT_COMMITTER_EMAIL=f"{(s := token())}@shop.invalid")
    return s, "committer line", "since commit"


def branch_name(b: Builder) -> Told:
    b.git("branch", f"fix-{(s := token())}".replace("fix-", "fix/"))
    return s, "the ref name refs/heads/fix/***", ""


def tag_name(b: Builder) -> Told:
    b.git("tag", s := token())
    return s, "the ref name refs/tags/***", ""


def file_name(b: Builder) -> Told:
    b.past(f"keys/{(s := token())}", "empty\n")
    return s, "the file name ***", ""


def symlink_target(b: Builder) -> Told:
    (b.root / "link").symlink_to(s := uri())
    b.git("add", "link")
    b.git("commit", "-q", "-m", "link")
    b.git("rm", "-q", "link")
    b.git("commit", "-q", "-m", "tidy up")
    return s, "link", "not in HEAD"


def crlf(b: Builder) -> Told:
    b.past("src/crlf.js", f"let a\r\nexport const url = '{(s := uri())}'\r\n")
    return s, "src/crlf.js", "not in HEAD"


def wrapped(name: str, wrap: Callable[[str], str | bytes], says: str) -> Callable[[Builder], Told]:
    def hide(b: Builder) -> Told:
        b.past(name, wrap(s := uri()))
        return s, name, says

    return hide


def base64_at(offset: int) -> Callable[[str], str]:
    def wrap(secret: str) -> str:
        coded = base64.b64encode(f"{'x' * offset}{line(secret)}".encode()).decode()
        return f"data:\n  url: {coded}\n"

    return wrap


def base64url(secret: str) -> str:
    coded = base64.urlsafe_b64encode(f"~~~???{secret}\n".encode()).decode().rstrip("=")
    return f"state={coded}\n"


def mime(secret: str) -> str:
    return base64.encodebytes(f"{'padding ' * 30}{line(secret)}".encode()).decode()


def escaped(secret: str) -> str:
    return "".join(f"\\u{ord(letter):04x}" for letter in secret) + "\n"


def zipped(secret: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("backup/db.js", line(secret))
    return out.getvalue()


def tar_gz(secret: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        info, content = tarfile.TarInfo("etc/db.js"), line(secret).encode()
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def large(b: Builder) -> Told:
    """Its secret lies where two of the pieces meet that a large file is read in."""
    s = uri()
    filler = b"let nothing = 'at all'\n" * (LARGE_BYTES // 23)
    cut = (16 << 20) - 40
    b.past("dump.js", filler[:cut] + b"\n" + line(s).encode() + filler[cut:])
    return s, "dump.js", "not in HEAD"


def lfs(b: Builder, *, here: bool) -> Told:
    content = line(s := uri()).encode()
    oid = hashlib.sha256(content).hexdigest()
    name = "dumps/here.js" if here else "dumps/elsewhere.js"
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {len(content)}\n"
    b.past(name, pointer)
    if here:
        stored = b.root / ".git/lfs/objects" / oid[:2] / oid[2:4] / oid
        stored.parent.mkdir(parents=True)
        stored.write_bytes(content)
    return s, name, "in an LFS object"


def submodule(b: Builder) -> Told:
    other = b.outside / "library"
    other.mkdir()
    b.git("init", "-q", "-b", "main", cwd=other)
    (other / "lib.js").write_text(line(s := uri()))
    b.git("add", ".", cwd=other)
    b.git("commit", "-q", "-m", "lib", cwd=other)
    b.git("rm", "-q", "lib.js", cwd=other)
    b.git("commit", "-q", "-m", "tidy up", cwd=other)
    b.git("submodule", "--quiet", "add", str(other), "library")
    b.git("commit", "-q", "-m", "library")
    return s, "library/lib.js", "not in HEAD"


def gitmodules(b: Builder) -> Told:
    s = "https://deploy:" + "".join(secrets.choice(ALNUM) for _ in range(30)) + "@git.shop.dev/lib"
    b.past("more/.gitmodules", f'[submodule "lib"]\n\tpath = lib\n\turl = {s}\n')
    return s, "more/.gitmodules", "not in HEAD"


def config_url(b: Builder) -> Told:
    word = "".join(secrets.choice(ALNUM) for _ in range(30))
    b.git("config", "remote.deploy.url", s := f"https://deploy:{word}@git.shop.dev/shop")
    return s, ".git/config", "in the git folder"


def git_file(name: str) -> Callable[[Builder], Told]:
    def hide(b: Builder) -> Told:
        path = b.root / ".git" / name
        path.write_text(f"{'#!/bin/sh' if '/' in name else '# last'}\nURL={(s := uri())}\n")
        return s, f".git/{name}", "in the git folder"

    return hide


def orig_head(b: Builder) -> Told:
    """A commit that only ORIG_HEAD names: its reflog entries are gone."""
    made = b.aside("src/original.js", line(s := uri()))
    (b.root / ".git/ORIG_HEAD").write_text(f"{made}\n")
    b.git("reflog", "expire", "--expire=all", "--expire-unreachable=all", "HEAD")
    return s, "src/original.js", "reached by ORIG_HEAD"


def linked_worktree(b: Builder) -> Told:
    place = b.outside / "linked"
    b.git("worktree", "add", "-q", "--detach", str(place))
    (place / "linked.js").write_text(line(s := uri()))
    b.git("add", "linked.js", cwd=place)
    b.git("commit", "-q", "-m", "linked", cwd=place)
    return s, "linked.js", "not in HEAD"


def linked_index(b: Builder) -> Told:
    place = b.outside / "linked"
    (place / "staged-there.js").write_text(line(s := uri()))
    b.git("add", "staged-there.js", cwd=place)
    oid = b.git("rev-parse", ":staged-there.js", cwd=place)
    return s, f"blob {oid[:12]}", ""


def alternates(b: Builder) -> Told:
    other = b.outside / "alternate"
    other.mkdir()
    b.git("init", "-q", "-b", "main", cwd=other)
    oid = b.git("hash-object", "-w", "--stdin", given=line(s := uri()).encode(), cwd=other)
    info = b.root / ".git/objects/info/alternates"
    info.write_text(f"{other / '.git/objects'}\n")
    return s, f"blob {oid[:12]}", "reached by nothing any more"


def untracked(b: Builder) -> Told:
    (b.root / "notes.js").write_text(line(s := uri()))
    return s, "notes.js", "untracked file"


def ignored(b: Builder) -> Told:
    b.commit(".gitignore", "local/\n")
    (b.root / "local").mkdir()
    (b.root / "local/db.js").write_text(line(s := uri()))
    return s, "local/db.js", "ignored file"


def staged(b: Builder) -> Told:
    b.write("src/staged.js", line(s := uri()))
    (b.root / "src/staged.js").write_text("let url\n")
    return s, "src/staged.js", "held by the index"


def signed_commit(b: Builder) -> Told:
    tree = b.git("rev-parse", "HEAD^{tree}")
    coded = base64.b64encode(secrets.token_bytes(300)).decode()
    armour = "\n ".join(coded[i : i + 64] for i in range(0, len(coded), 64))
    who = "Ada <ada@shop.invalid> 1700000000 +0000"
    text = (
        f"tree {tree}\nauthor {who}\ncommitter {who}\n"
        f"gpgsig -----BEGIN SSH SIGNATURE-----\n {armour}\n -----END SSH SIGNATURE-----\n"
        f"\nsigned: {(s := uri())}\n"
    )
    made = b.git("hash-object", "-t", "commit", "-w", "--stdin", given=text.encode())
    b.git("update-ref", "refs/heads/signed", made)
    return s, f"commit {made[:12]}, message", "reached by refs/heads/signed"


def split(b: Builder) -> Told:
    s = uri()
    middle = s.index("@") - 13
    b.past("src/split.js", f"const url = '{s[:middle]}' +\n  '{s[middle:]}'\n")
    return s, "src/split.js", ""


def _binary(secret: str) -> bytes:
    noise = random.Random(7)
    return noise.randbytes(5000) + b"\0" + secret.encode() + b"\0" + noise.randbytes(5000)


PLACES: tuple[tuple[str, Callable[[Builder], Told], bool], ...] = (
    ("a plain file", plain, True),
    (".env, added and deleted", env_file, True),
    ("a file of many commits", many_commits, True),
    ("a commit's message", commit_message, True),
    ("an annotated tag's message", tag_message, True),
    ("the message of a tag within a tag", nested_tag, True),
    ("a tag that points at a blob", tag_of_blob, True),
    ("a note", note, True),
    ("an untracked file in a stash", untracked_in_stash, True),
    ("an older stash", older_stash, True),
    ("the newest stash", newest_stash, True),
    ("a branch that was never merged", unmerged_branch, True),
    ("an evil merge", evil_merge, True),
    ("an amended commit", amended, True),
    ("a dangling commit", dangling_commit, True),
    ("a dangling blob", dangling_blob, True),
    ("a tree that no commit has", loose_tree, True),
    ("a reflog's text", reflog_text, True),
    ("refs/original", special_ref("refs/original/refs/heads/main"), True),
    ("refs/pull", special_ref("refs/pull/7/head"), True),
    ("refs/replace", replaced, True),
    ("a remote's ref", special_ref("refs/remotes/origin/old"), True),
    ("an author's name", author_name, True),
    ("a committer's address", committer_mail, True),
    ("a branch's name", branch_name, True),
    ("a tag's name", tag_name, True),
    ("a file's name", file_name, True),
    ("a symlink's target", symlink_target, True),
    ("lines that end in CRLF", crlf, True),
    ("UTF-16 LE", wrapped("le.js", lambda s: line(s).encode("utf-16-le"), ""), True),
    (
        "UTF-16 BE",
        wrapped("be.js", lambda s: "\ufeff".encode("utf-16-be") + line(s).encode("utf-16-be"), ""),
        True,
    ),
    ("base64, offset 0", wrapped("b0.yaml", base64_at(0), "in base64"), True),
    ("base64, offset 1", wrapped("b1.yaml", base64_at(1), "in base64"), True),
    ("base64, offset 2", wrapped("b2.yaml", base64_at(2), "in base64"), True),
    ("base64 in lines", wrapped("mime.b64", mime, "in base64"), True),
    ("base64url", wrapped("b-url.yaml", base64url, "in base64"), True),
    (
        "URL encoding",
        wrapped(
            "url.js", lambda s: f"go('https://x/?to={quote(s, safe='')}')\n", "in URL encoding"
        ),
        True,
    ),
    (
        "JSON escapes",
        wrapped(
            "esc.js",
            lambda s: "let a = " + json.dumps(json.dumps({"url": s})).replace("/", "\\/") + "\n",
            "escapes",
        ),
        True,
    ),
    (
        "UTF-16 escapes",
        wrapped("u.js", lambda s: f"let a = '{escaped(s).strip()}'\n", "escapes"),
        True,
    ),
    ("hex", wrapped("hex.js", lambda s: f"let a = '{line(s).encode().hex()}'\n", "in hex"), True),
    ("a zip's member", wrapped("old.zip", zipped, "zip member backup/db.js"), True),
    ("gzip", wrapped("old.gz", lambda s: gzip.compress(line(s).encode()), "in gzip"), True),
    ("a tar in gzip", wrapped("old.tgz", tar_gz, "tar member etc/db.js in gzip"), True),
    ("a binary file with NULs", wrapped("core.bin", _binary, ""), True),
    ("a large file", large, True),
    ("an LFS object that is here", lambda b: lfs(b, here=True), True),
    ("a submodule's own history", submodule, True),
    (".gitmodules", gitmodules, True),
    ("a URL in .git/config", config_url, True),
    ("a hook", git_file("hooks/post-commit"), True),
    ("FETCH_HEAD", git_file("FETCH_HEAD"), True),
    ("ORIG_HEAD", orig_head, True),
    ("a linked worktree's commit", linked_worktree, True),
    ("a linked worktree's index", linked_index, True),
    ("an alternate object store", alternates, True),
    ("an untracked file", untracked, True),
    ("an ignored file", ignored, True),
    ("a signed commit's message", signed_commit, True),
    ("a value in two halves", split, False),
    ("an LFS object that is elsewhere", lambda b: lfs(b, here=False), False),
    ("a file that was renamed to .pgpass", renamed, True),
    ("a file that is only staged", staged, True),
    ("COMMIT_EDITMSG", git_file("COMMIT_EDITMSG"), True),
)
