"""Commands out of `skc.yaml` run only once a person on this machine has seen them."""

from pathlib import Path

import pytest

from tests.conftest import Skc
from tests.terminal.ptys import at_terminal

SETTINGS = """version: 1
project: {{id: test-trust, name: shop}}
targets:
  production:
    env_files: [.env]
    consumers: {{api: {{reload: [{words}]}}}}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "shop"
    root.mkdir()
    (root / "skc.yaml").write_text(SETTINGS.format(words="touch, reloaded"))
    return root


def trusted(skc: Skc, project: Path) -> bool:
    return skc("doctor", "--trust", cwd=project).code == 0


def answered(project: Path, env: dict[str, str], answer: str) -> tuple[int, str]:
    with at_terminal(
        "doctor", "--trust", cwd=project, env=env, program="skillconnect_ops"
    ) as terminal:
        terminal.until("[y/N]")
        terminal.type(f"{answer}\n")
        return terminal.ends(), terminal.shown


def test_nobody_is_trusted_without_a_terminal(skc: Skc, project: Path) -> None:
    ran = skc("doctor", "--trust", cwd=project)
    assert ran.code == 3
    assert "on a terminal of this machine" in ran.stderr


def test_a_person_sees_the_command_and_agrees(
    skc: Skc, project: Path, clean_environment: dict[str, str]
) -> None:
    code, shown = answered(project, clean_environment, "n")
    assert code == 3
    assert "reload production api: touch reloaded" in shown
    assert not trusted(skc, project)
    code, _ = answered(project, clean_environment, "y")
    assert code == 0
    assert trusted(skc, project)


def test_a_changed_command_has_to_be_seen_again(
    skc: Skc, project: Path, clean_environment: dict[str, str]
) -> None:
    answered(project, clean_environment, "y")
    (project / "skc.yaml").write_text(SETTINGS.format(words="touch, stolen"))
    assert not trusted(skc, project)


def test_a_damaged_list_trusts_nothing(
    skc: Skc, project: Path, clean_environment: dict[str, str], tmp_path: Path
) -> None:
    answered(project, clean_environment, "y")
    (kept,) = tmp_path.rglob("trusted-hooks.json")
    kept.write_text('["half')
    ran = skc("doctor", "--trust", cwd=project)
    assert ran.code == 4
    assert "doctor --trust" in ran.stderr
