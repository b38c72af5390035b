"""A project on disk, with real files: odd places, odd env files."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from skillconnect_ops.adapters.project import (
    backups_folder,
    database_uri,
    env_values,
    expanded,
    find_project,
    find_target,
    variable,
)
from skillconnect_ops.core.settings.errors import (
    EnvFileUnreadable,
    NoDatabase,
    SettingsNotFound,
    SettingsUnreadable,
    VariableNotSet,
)
from skillconnect_ops.core.settings.model import Project, Target

YAML = """\
version: 1
project: {id: a1, name: a}
targets:
  production:
    env_files: [.env, "back end/.env"]
    database: {uri: env:MONGO_URI, admin_uri: MY_ADMIN}
    backups: {location: ../kept}
"""


class Given:
    """An environment that a test made up."""

    def __init__(self, folder: Path, variables: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self._variables = variables or {}

    def get(self, name: str) -> str | None:
        return self._variables.get(name) or None

    def variables(self) -> Mapping[str, str]:
        return self._variables

    @property
    def state_home(self) -> Path:
        return self.folder / "state"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "größe 'x' \"y\""
    (root / "back end" / "deep").mkdir(parents=True)
    (root / "skc.yaml").write_text(YAML)
    return root


def opened(root: Path, **variables: str) -> tuple[Project, Target, Given]:
    environment = Given(root, variables)
    project = find_project(environment)
    return project, find_target(project, None, environment), environment


def test_it_is_found_from_a_folder_below(root: Path) -> None:
    project = find_project(Given(root / "back end" / "deep"))
    assert project.root == root
    assert project.state.name == "a1"


def test_without_one_the_folder_and_the_command_are_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsNotFound) as raised:
        find_project(Given(tmp_path))
    assert str(tmp_path) in raised.value.why
    assert raised.value.fix == "skc init"


@pytest.mark.parametrize("kind", ["folder", "dangling", "utf-16", "latin-1", "loop"])
def test_an_unreadable_one_is_no_traceback(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "skc.yaml"
    match kind:
        case "folder":
            file.mkdir()
        case "dangling":
            file.symlink_to("nowhere")
        case "loop":
            file.symlink_to("skc.yaml")
        case encoding:
            file.write_bytes(YAML.replace("name: a", "name: ä").encode(encoding))
    with pytest.raises(SettingsUnreadable) as raised:
        find_project(Given(tmp_path))
    assert raised.value.why


def test_a_byte_order_mark_does_no_harm(root: Path) -> None:
    (root / "skc.yaml").write_bytes(b"\xef\xbb\xbf" + YAML.replace("\n", "\r\n").encode())
    assert opened(root)[1].name == "production"


def test_env_files_are_read_as_the_app_reads_them(root: Path) -> None:
    (root / ".env").write_bytes(
        b"\xef\xbb\xbfexport A=1\r\n"
        b"# comment\r\nB='two # no comment' # comment\r\nC=\"x\\ny\"\r\n"
        b"D=${A}\r\nTWICE=1\r\nTWICE=2\r\nBAD \x00\xff line here\r\nE=caf\xff\r\nEMPTY=\r\nF\r\n"
    )
    project, target, _ = opened(root)
    found = {name: value.reveal() for name, value in env_values(project, target).items()}
    assert found == {
        "A": "1",
        "B": "two # no comment",
        "C": "x\ny",
        "D": "${A}",
        "TWICE": "2",
        "E": "caf\ufffd",
        "EMPTY": "",
    }


def test_the_first_file_that_sets_a_variable_wins(root: Path) -> None:
    (root / ".env").write_text("A=first\n")
    (root / "back end" / ".env").write_text("A=second\nB=second\n")
    project, target, _ = opened(root)
    found = {name: value.reveal() for name, value in env_values(project, target).items()}
    assert found == {"A": "first", "B": "second"}


@pytest.mark.parametrize("kind", ["folder", "utf-16"])
def test_an_env_file_that_cannot_be_read_is_named(root: Path, kind: str) -> None:
    if kind == "folder":
        (root / ".env").mkdir()
    else:
        (root / ".env").write_text("A=1", encoding="utf-16")
    project, target, _ = opened(root)
    with pytest.raises(EnvFileUnreadable) as raised:
        env_values(project, target)
    assert ".env" in raised.value.what


def test_a_variable_comes_from_the_file_before_the_environment(root: Path) -> None:
    (root / "back end" / ".env").write_text("MONGO_URI=mongodb://file/app\n")
    project, target, environment = opened(root, MONGO_URI="mongodb://environment/app")
    found = database_uri(project, target, environment, admin=True)
    assert found.value.reveal() == "mongodb://file/app"
    assert found.origin == "MONGO_URI in back end/.env"
    assert "file/app" not in repr(found)


def test_a_variable_may_come_from_the_environment_alone(root: Path) -> None:
    project, target, environment = opened(root, MONGO_URI="mongodb://environment/app")
    assert database_uri(project, target, environment, admin=True).origin.endswith("environment")


def test_the_admin_uri_is_taken_only_when_wanted(root: Path) -> None:
    both = {"MONGO_URI": "mongodb://weak/app", "MY_ADMIN": "mongodb://strong/"}
    project, target, environment = opened(root, **both)
    assert database_uri(project, target, environment, admin=True).name == "MY_ADMIN"
    assert database_uri(project, target, environment, admin=False).name == "MONGO_URI"


def test_a_variable_that_is_nowhere_says_where_it_was_looked_for(root: Path) -> None:
    (root / ".env").write_text("MONGO_URI=\n")
    project, target, environment = opened(root)
    with pytest.raises(VariableNotSet) as raised:
        variable(project, target, "MONGO_URI", environment)
    assert raised.value.why == "looked in .env, back end/.env (no such file), the environment"
    assert raised.value.fix == "skc env set MONGO_URI --file .env"


def test_a_target_without_a_database_is_said(root: Path) -> None:
    (root / "skc.yaml").write_text(
        "version: 1\nproject: {id: a, name: a}\ntargets:\n  one:\n    env_files: [.env]\n"
    )
    project, target, environment = opened(root)
    with pytest.raises(NoDatabase):
        database_uri(project, target, environment, admin=True)


def test_the_backup_folder_is_absolute(root: Path) -> None:
    project, target, environment = opened(root)
    assert backups_folder(project, target, environment) == root.parent / "kept"


@pytest.mark.parametrize(
    ("location", "path"),
    [
        ("~/b", "/home/x/b"),
        ("~", "/home/x"),
        ("/mnt/b/", "/mnt/b"),
        ("a/./b/../c", "/r/a/c"),
        ("~nobody-at-all/b", "/r/~nobody-at-all/b"),
    ],
)
def test_a_location_is_expanded(location: str, path: str) -> None:
    environment = Given(Path("/"), {"HOME": "/home/x"})
    assert expanded(location, Path("/r"), environment) == Path(path)
