"""Two machines of one team: two clones, two state folders, one database, and a place both reach."""

import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyrage
from msgspec import Struct

from skillconnect_ops.envfile import parse
from tests.commands.rotate.app import App, settings
from tests.conftest import Ran, skc_in

STRIKES = """
import os, signal, sys
from importlib import import_module
from pathlib import Path
from skillconnect_ops import app
where, when, how, marks, *argv = sys.argv[1:]
module, name, method = where.rsplit(".", 2)
owner = getattr(import_module("skillconnect_ops." + module), name)
real = getattr(owner, method)
def strike():
    if how == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    Path(marks, "reached").touch()
    if how == "stop":
        os.kill(os.getpid(), signal.SIGSTOP)
    while how == "wait" and not Path(marks, "go").exists():
        import time; time.sleep(0.02)
def struck(self, *words, **named):
    if when == "before":
        strike()
    made = real(self, *words, **named)
    if when == "after":
        strike()
    return made
setattr(owner, method, struck)
sys.exit(int(app.main(argv)))
"""


class Machine(Struct, frozen=True):
    """A clone, and a person's state folder."""

    root: Path
    home: Path
    env: dict[str, str]

    @property
    def file(self) -> Path:
        """The env file of the clone."""
        return self.root / ".env"

    def uri(self) -> str:
        """What an app in this clone reads."""
        value = parse(self.file.read_bytes()).get("MONGO_URI")
        assert value is not None
        return value

    def run(self, *argv: str) -> Ran:
        """A command of this machine, in the tests' process."""
        return skc_in(self.root, self.env)(*argv, "--format", "json")

    def run_process(self, *argv: str, stdin: str) -> Ran:
        """A command as a real process, which has its own pipes and descriptors."""
        child = self.start("-m", "skillconnect_ops", *argv, "--format", "json")
        out, err = child.communicate(stdin, timeout=120)
        return Ran(child.returncode, out, err)

    def start(self, *words: str) -> subprocess.Popen[str]:
        """A Python of this machine."""
        return subprocess.Popen(
            [sys.executable, *words],
            cwd=self.root,
            env=self.env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def strike(self, where: str, when: str, how: str, *argv: str) -> subprocess.Popen[str]:
        """A command that is killed, stopped, or waits, before or after a call of one method."""
        for mark in ("reached", "go"):
            (self.home / mark).unlink(missing_ok=True)
        argv = (*argv, "--format", "json")
        return self.start("-c", STRIKES, where, when, how, str(self.home), *argv)

    def dies(self, where: str, when: str, *argv: str) -> None:
        """A command that is killed there."""
        child = self.strike(where, when, "kill", *argv)
        out, err = child.communicate(timeout=120)
        assert child.returncode == -signal.SIGKILL, out + err

    def reached(self, child: subprocess.Popen[str]) -> None:
        """Wait until a struck command is at its place."""
        until = time.monotonic() + 90
        while not (self.home / "reached").exists():
            assert child.poll() is None, child.communicate()
            assert time.monotonic() < until
            time.sleep(0.02)

    def journals(self) -> dict[str, str]:
        """Where each of its runs stands."""
        listed = self.run("journal", "list").json["facts"]["journals"]
        return {one["id"]: one["standing"] for one in listed}


class Team(Struct, frozen=True):
    """Both machines and what they share."""

    app: App
    one: Machine
    two: Machine
    place: Path
    identity: Path

    def take(self, run: str, *more: str) -> Ran:
        """The second machine takes a run over."""
        return self.two.run(
            "journal", "take", run, "--identity", str(self.identity), "--yes", *more
        )

    def left(self) -> str:
        """The one run that lies at the place, newest first."""
        return max(path.name.rsplit(".", 2)[0] for path in self.place.rglob("*.sealed"))


def machine(app: App, folder: Path, name: str) -> Machine:
    """A machine with a clone of the app's folder."""
    home = folder / name
    root = home / "clone"
    shutil.copytree(app.root, root)
    kept = {key: os.environ[key] for key in ("PATH", "LANG") if key in os.environ}
    env = {**kept, **app.env, "HOME": str(home), "XDG_STATE_HOME": str(home / "state")}
    return Machine(root=root, home=home, env={**env, "PYTHONPATH": os.pathsep.join(sys.path)})


def team(app: App, folder: Path, *, recipients: bool = True) -> Team:
    """Two machines, and a place that both reach."""
    place = folder / "share"
    place.mkdir()
    key = pyrage.x25519.Identity.generate()
    identity = folder / "key.txt"
    identity.write_text(f"# made for this test\n{key}\n")
    to = f"[{key.to_public()}]" if recipients else "[]"
    backups = f"    backups: {{location: {folder / 'backups'}, recipients: {to}}}\n"
    (app.root / "skc.yaml").write_text(f"{settings(app.name, backups)}handover: {place}\n")
    made = [machine(app, folder, name) for name in ("one", "two")]
    return Team(app=app, one=made[0], two=made[1], place=place, identity=identity)


def other_identity(folder: Path) -> Path:
    """One that opens nothing here."""
    path = folder / f"other-{secrets.token_hex(3)}.txt"
    path.write_text(f"{pyrage.x25519.Identity.generate()}\n")
    return path
