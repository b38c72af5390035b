"""Whether rules keep every env file out is told from the rules; git itself is asked the same."""

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skillconnect_ops.adapters.git import GitProgram
from skillconnect_ops.adapters.system import ProcessEnvironment
from skillconnect_ops.commands.env.gitignore import RULES, Cover
from skillconnect_ops.envfile.names import is_env_file

OURS = "\n".join(RULES) + "\n"
NAMES = (
    *(".env", ".env.local", ".envrc", ".env-prod", ".env_x", ".env.md", ".env.json", ".envelope"),
    *("x/.env", "x/y/.env.staging", "x/.env.example.local", "keep/.env", "keep/.env.x"),
    *(".envs/.production/.postgres", ".env/api", "x/.env.d/y/z", "keep/.envs/x"),
)


def whole(text: str, **below: str) -> bool:
    files = {".gitignore": text, **{f"{name}/.gitignore": rules for name, rules in below.items()}}
    cover = Cover(files={name: rules.encode() for name, rules in files.items()})
    return cover.is_whole and not cover.openings


@pytest.mark.parametrize(
    "text",
    [
        *(OURS, ".env*", "**/.env*\r\n!.env.example\r\n", "*.env*", ".*", "*\n!*/\n", "**/*\n"),
        *("\ufeff.env*\n", "!.env\n.env*  \n", ".env*\n!README.md\n!src/\n!/docs/.env.example/\n"),
        *(".env*\n# !.env\n", ".env*\n!.env.*.sample\n", ".env*\n!\\#.env\n"),
    ],
)
def test_rules_that_cover_every_name(text: str) -> None:
    assert whole(text)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            ".env",
            ".env\n.env.*\n",
            "/.env*",
            "x/.env*",
            ".env*/",
            "#.env*",
            "\\.env*x",
            "!.env*",
        ),
        *(".env*\n!.env", ".env*\n!/x/.env.local", ".env*\n!*", ".env*\n!x/**", ".env*\n!.[e]*"),
        *(".env*\n!*.json", ".env*\n!.env*example", ".env*\n!.??v", ".env*\n!\\.env", " .env*"),
        *(".env*\n!*/\n", ".env*\n!/docs/**/\n", ".*\n!.envs/\n", ".env*\n!.e*/\n"),
    ],
)
def test_rules_that_leave_some_name_out(text: str) -> None:
    assert not whole(text)


def test_a_rule_in_a_folder_below_wins() -> None:
    assert whole(OURS, data="*\n!.gitignore\n")
    assert not whole(OURS, data="!*.json\n")
    assert whole(OURS, data="!*.json\n.env*\n")
    (opening,) = Cover(files={".gitignore": b".env*", "a/.gitignore": b"x\n!.env\n"}).openings
    assert (opening.file, opening.line, opening.text) == ("a/.gitignore", 2, "!.env")


_RULE = st.one_of(
    st.sampled_from(
        (
            *RULES,
            *(
                "!.env",
                "!*",
                "*",
                "!.env.local",
                "!x/",
                "keep/",
                "!keep/**",
                "!*/",
                "!.envs/",
                "!*.json",
                "**/.env*",
            ),
            *("/.env*", ".env", "!/x/.env", "!.e*", "!*.example", "\\.env*", "!.env.example "),
        )
    ),
    st.text(alphabet="!*?/.envx[]\\", max_size=6),
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(root=st.lists(_RULE, max_size=4), below=st.lists(_RULE, max_size=2))
def test_where_they_are_said_to_cover_git_says_so_too(root: list[str], below: list[str]) -> None:
    """Never the other way round: what cannot be told counts as not covered."""
    files = {".gitignore": "\n".join(root).encode(), "keep/.gitignore": "\n".join(below).encode()}
    cover = Cover(files=files)
    if cover.is_whole and not cover.openings:
        program = GitProgram(ProcessEnvironment())
        secret = frozenset(filter(is_env_file, NAMES))
        assert program.ignored_by(files, NAMES) >= secret


def test_no_rule_of_the_persons_own_counts(tmp_path: Path) -> None:
    (tmp_path / ".config" / "git").mkdir(parents=True)
    (tmp_path / ".config" / "git" / "ignore").write_text("mine\n")
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    (tmp_path / "r").mkdir()
    git = ("git", "-C", str(tmp_path / "r"))
    subprocess.run([*git, "init", "--quiet"], env=environment, check=True)
    subprocess.run([*git, "check-ignore", "--quiet", "mine"], env=environment, check=True)
    program = GitProgram(Given(environment))
    assert program.ignored(tmp_path / "r", tmp_path / "r" / "mine")
    files = {".gitignore": b"ours\n", "a b/.gitignore": b"!ours\n"}
    asked = ("mine", "ours", "a b/ours", ":(top)ours", "x/ours")
    assert program.ignored_by(files, asked) == {"ours", "x/ours"}
    assert program.ignored_by({}, ("mine",)) == frozenset()


class Given:
    """An environment that a test made up."""

    def __init__(self, variables: dict[str, str]) -> None:
        self._variables = variables
        self.folder = Path("/")
        self.state_home = Path("/nonexistent")

    def get(self, name: str) -> str | None:
        return self._variables.get(name)

    def variables(self) -> dict[str, str]:
        return self._variables
