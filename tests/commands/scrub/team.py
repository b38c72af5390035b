"""A shop with a server and colleagues: what a scrub of one clone means for all others."""

import os
import re
import subprocess
from pathlib import Path

from msgspec import Struct

from tests.commands.scrub.hiding import line

IDENTITY = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    **{
        f"GIT_{who}_{what}": text
        for who in ("AUTHOR", "COMMITTER")
        for what, text in (("NAME", "Ada"), ("EMAIL", "ada@shop.invalid"))
    },
}


class Said(Struct, frozen=True):
    """What a program left behind."""

    code: int
    text: str
    """Both streams."""


def run(folder: Path, *argv: str, given: str = "") -> Said:
    """Run a program in a folder, as nobody in particular."""
    done = subprocess.run(
        argv,
        cwd=folder,
        input=given.encode(),
        capture_output=True,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "LC_ALL": "C", **IDENTITY},
        check=False,
        timeout=120,
    )
    return Said(done.returncode, (done.stdout + done.stderr).decode(errors="surrogateescape"))


def git(folder: Path, *words: str) -> str:
    """Run git where it has to go well."""
    said = run(folder, "git", *words)
    assert said.code == 0, (words, said.text)
    return said.text.strip()


def commit(clone: Path, path: str, text: str, message: str = "work") -> str:
    """Commit a file; gives the commit's id."""
    (clone / path).parent.mkdir(parents=True, exist_ok=True)
    (clone / path).write_text(text)
    git(clone, "add", path)
    git(clone, "commit", "-q", "-m", message)
    return git(clone, "rev-parse", "HEAD")


class Team:
    """A server, the owner's clone, and a colleague's of before the scrub."""

    def __init__(self, folder: Path, value: str, *, format_: str = "sha1") -> None:
        self.hub, self.owner, self.colleague = (
            folder / name for name in ("hub.git", "shop", "colleague")
        )
        git(
            folder,
            "init",
            "-q",
            "--bare",
            "-b",
            "main",
            f"--object-format={format_}",
            str(self.hub),
        )
        git(folder, "init", "-q", "-b", "main", f"--object-format={format_}", str(self.owner))
        git(self.owner, "remote", "add", "origin", str(self.hub))
        commit(self.owner, "README.md", "# A shop\n", "begin")
        self.leak = commit(self.owner, "src/db.js", line(value), "the database")
        git(self.owner, "tag", "-a", "-m", f"with {value}", "v1", "HEAD~1")
        git(self.owner, "tag", "v2")
        git(self.owner, "checkout", "-q", "-b", "dev")
        commit(self.owner, "src/dev.js", "let dev\n", "begun")
        git(self.owner, "checkout", "-q", "main")
        self.old = commit(self.owner, "src/app.js", "let app\n", "the app")
        git(self.owner, "push", "-q", "--all")
        git(self.owner, "push", "-q", "--tags")
        git(folder, "clone", "-q", str(self.hub), str(self.colleague))

    def refs(self) -> dict[str, str]:
        """Of the server."""
        lines = git(self.hub, "for-each-ref", "--format=%(refname) %(objectname)").splitlines()
        return dict(one.split() for one in lines)

    def install(self, after: Path) -> None:
        """The hook and its list, as the report says."""
        for name in ("pre-receive", "banned-ids"):
            (self.hub / "hooks" / name).write_bytes((after / name).read_bytes())
        (self.hub / "hooks/pre-receive").chmod(0o755)

    def clone(self, name: str, *options: str) -> Path:
        """A fresh one."""
        place = self.hub.parent / name
        git(self.hub.parent, "clone", "-q", *options, self.hub.as_uri(), str(place))
        return place


def blocks(text: str) -> list[str]:
    """The commands that a text has in blocks of code."""
    return re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
