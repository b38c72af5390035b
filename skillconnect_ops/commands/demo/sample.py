"""The sample project of the demo: scripts, a repository, and a database user with a password."""

import secrets
import sys
from pathlib import Path

import msgspec
from msgspec import Struct

from skillconnect_ops.commands.demo.model import Story
from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.scratch import profile_with
from skillconnect_ops.core.ports.processes import Processes
from skillconnect_ops.core.resources import template, templates
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.envfile import parse

_STORY = "demo/demo.json"
_GIT = (
    *("git", "-c", "init.defaultBranch=main", "-c", "user.name=Demo"),
    *("-c", "user.email=demo@example.org", "-c", "commit.gpgsign=false"),
)
_NO_CONFIGURATION = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}


class Sample(Struct, frozen=True, kw_only=True):
    """A sample project that stands in a folder."""

    story: Story
    project: Path
    scripts: Path
    uri: Secret
    """Of the app's own user."""

    def script(self, name: str) -> tuple[str, str]:
        """How a script is started: by the Python that runs us."""
        return sys.executable, str(self.scripts / name)


def story() -> Story:
    """What is particular about the sample app."""
    return msgspec.json.decode(template(f"{_home()}/demo.json"), type=Story)


def make_sample(house: House, folder: Path, *, told: Story, uri: Secret) -> Sample:
    """Write the project and commit all of it, its env file included, as leaks begin."""
    sample = Sample(story=told, project=folder / "project", scripts=folder / "scripts", uri=uri)
    home = _home()
    names = [name for name in templates(home) if "__pycache__" not in name]
    for name in names:
        base = sample.project if "/" in name else sample.scripts
        _write(base / name, template(f"{home}/{name}"))
    env_file = sample.project / told.env_file
    _write(env_file, _env(told, uri))
    env_file.chmod(0o600)
    _commit(house.processes, sample.project)
    return sample


def values(sample: Sample) -> dict[str, Secret]:
    """What its env file holds now."""
    found = parse((sample.project / sample.story.env_file).read_bytes())
    names = (sample.story.variable, *sample.story.signing.values())
    return {name: Secret(found.get(name) or "") for name in names}


def _home() -> str:
    """The folder of the sample."""
    return f"{profile_with(_STORY)}/demo"


def _env(told: Story, uri: Secret) -> str:
    keys = "".join(f"{name}={secrets.token_hex(32)}\n" for name in told.signing.values())
    return f"PORT=4000\n{told.variable}={uri.reveal()}\n{keys}NODE_ENV=production\n"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _commit(processes: Processes, project: Path) -> None:
    for words in (
        ("init", "--quiet"),
        # a command of the demo commits, too, and whoever plays it may have no name set
        ("config", "user.name", "Demo"),
        ("config", "user.email", "demo@example.org"),
        ("add", "--all"),
        ("commit", "--quiet", "-m", "First version"),
    ):
        processes.run(*_GIT, *words, folder=project, variables=_NO_CONFIGURATION)
