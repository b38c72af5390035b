"""The process environment and the clock."""

import shutil
from datetime import UTC, timedelta
from pathlib import Path

import pytest

from skillconnect_ops.adapters.system import MovedEnvironment, ProcessEnvironment, SystemClock


def test_an_empty_variable_counts_as_absent() -> None:
    environment = ProcessEnvironment({"A": "1", "B": ""})
    assert environment.get("A") == "1"
    assert environment.get("B") is None
    assert environment.get("C") is None


def test_the_environment_is_that_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SKC_A_TEST", "x")
    assert ProcessEnvironment().get("SKC_A_TEST") == "x"


@pytest.mark.parametrize(
    ("variables", "home"),
    [
        ({"XDG_STATE_HOME": "/x/state", "HOME": "/h"}, "/x/state/skc"),
        ({"XDG_STATE_HOME": "", "HOME": "/h"}, "/h/.local/state/skc"),
        ({"XDG_STATE_HOME": "relative", "HOME": "/h"}, "/h/.local/state/skc"),
        ({"HOME": "/h"}, "/h/.local/state/skc"),
    ],
)
def test_the_state_home_follows_xdg(variables: dict[str, str], home: str) -> None:
    assert ProcessEnvironment(variables).state_home == Path(home)


def test_without_a_home_variable_the_user_s_own_is_taken() -> None:
    assert ProcessEnvironment({}).state_home == Path.home() / ".local/state/skc"


def test_a_working_folder_that_was_deleted_keeps_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    environment = ProcessEnvironment({"PWD": str(gone)})
    assert environment.folder == gone
    shutil.rmtree(gone)
    assert environment.folder == gone


def test_a_moved_environment_is_elsewhere_and_brings_no_setting_along() -> None:
    before = ProcessEnvironment({"PATH": "/bin", "SKC_TARGET": "production", "HOME": "/h"})
    moved = MovedEnvironment(before, folder=Path("/other"), variables={"HOME": "/o"})
    assert moved.folder == Path("/other")
    assert moved.get("PATH") == "/bin"
    assert moved.get("SKC_TARGET") is None
    assert moved.state_home == Path("/o/.local/state/skc")
    assert moved.variables() == {"PATH": "/bin", "HOME": "/o"}
    assert before.variables()["SKC_TARGET"] == "production"


def test_the_clock_is_in_utc_and_runs_forwards() -> None:
    clock = SystemClock()
    assert clock.now().utcoffset() == timedelta(0)
    assert clock.now().tzinfo is UTC
    before = clock.monotonic()
    clock.sleep(0.01)
    assert clock.monotonic() >= before + 0.01
