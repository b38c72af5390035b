"""A baseline that a change cannot add to, and the ignores that a change brings, named."""

import json
import secrets
from collections.abc import Callable
from pathlib import Path

import pytest

from skillconnect_ops.commands.baseline import OF_AUDIT
from skillconnect_ops.detection.baseline import Accepted, Baseline, write
from tests.commands.audit.conftest import Git, git_in
from tests.commands.audit.test_audit import audit, places, put
from tests.conftest import Ran, Skc

AT_MAIN = ("--baseline", OF_AUDIT, "--baseline-from", "main")
FORMATS = ("table", "json", "markdown", "github")


@pytest.fixture
def app(tmp_path: Path) -> Path:
    (tmp_path / "app").mkdir()
    return tmp_path / "app"


@pytest.fixture
def git(app: Path, clean_environment: dict[str, str]) -> Git:
    run = git_in(app, clean_environment)
    run("init", "-q", "--initial-branch=main")
    return run


@pytest.fixture
def accept(skc: Skc, app: Path) -> Callable[[], None]:
    """Accept all that is there."""

    def run() -> None:
        (app / ".skc").mkdir(exist_ok=True)
        skc("audit", "--format", "baseline", "--out", OF_AUDIT, cwd=app)

    return run


@pytest.fixture
def topic(app: Path, git: Git, accept: Callable[[], None]) -> Git:
    """A branch whose `main` has accepted one call, and which brings another one."""
    put(app, a_js="console.log(1);\n")
    accept()
    git("add", "-A")
    git("commit", "-q", "-m", "one")
    git("checkout", "-q", "-b", "topic")
    put(app, a_js="console.log(1);\nconsole.log(password);\n")
    return git


def formats(skc: Skc, app: Path, *words: str) -> dict[str, Ran]:
    return {form: skc("audit", *words, "--format", form, cwd=app) for form in FORMATS}


def test_what_a_change_adds_to_the_baseline_does_not_count_where_it_is_read_at_the_target(
    skc: Skc, app: Path, topic: Git, accept: Callable[[], None]
) -> None:
    accept()  # the change accepts what it brings itself
    assert skc("audit", "--changed", "main", "--baseline", OF_AUDIT, cwd=app).code == 0
    for commit in (False, True):
        if commit:
            topic("add", "-A")
            topic("commit", "-q", "-m", "two")
        assert skc("audit", "--changed", "main", *AT_MAIN, cwd=app).code == 12
        report = audit(skc, app, "--changed", "main", *AT_MAIN)
        assert places(report) == ["a.js:2", "a.js:2"]
        assert report["facts"]["baseline"]["revision"] == "main"
        assert report["facts"]["baseline"]["entries"] == 1
        added = {one["id"]: one["counts"] for one in report["facts"]["baseline"]["added"]}
        assert added == {"console-call": False, "console-secret": False}


def test_what_the_target_accepted_counts(skc: Skc, app: Path, topic: Git) -> None:
    report = audit(skc, app, *AT_MAIN)
    assert places(report) == ["a.js:2", "a.js:2"]
    (kept,) = [one for one in report["findings"] if one["suppressed"]]
    assert kept["suppressed"] == "in the baseline audit-baseline.json"
    (app / OF_AUDIT).unlink()  # what a change takes out is still accepted at its target
    with_none = audit(skc, app, *AT_MAIN, "--changed", "main")
    assert places(with_none) == ["a.js:2", "a.js:2"]


@pytest.mark.parametrize("scope", [("--changed", "main"), ("--staged",)])
def test_entries_that_a_change_adds_are_named_in_all_that_people_read(
    skc: Skc, app: Path, topic: Git, accept: Callable[[], None], scope: tuple[str, ...]
) -> None:
    accept()
    topic("add", "-A")
    says = f"a.js:2 is new in {OF_AUDIT}, which accepts console-secret there"
    for form, ran in formats(skc, app, *scope, "--baseline", OF_AUDIT).items():
        assert ran.code == 0, form
        told = ran.stdout.replace("\\", "")
        assert says in (told.replace("%3A", ":") if form == "github" else told), form
    for form, ran in formats(skc, app, *scope, *AT_MAIN).items():
        assert ran.code == 12, form
        told = ran.stdout.replace("\\", "")
        assert f"{says}; that does not count: it is read at main" in told, form
    said = formats(skc, app, *scope, *AT_MAIN)["github"].stdout
    assert "::notice file=a.js,line=2,title=new in the baseline::a.js:2 is new in" in said


def test_a_comment_that_a_change_adds_is_named_in_all_that_people_read(
    skc: Skc, app: Path, topic: Git
) -> None:
    put(app, a_js="console.log(1);\nconsole.log(2); // skc: allow console-call it is late\n")
    topic("add", "-A")
    for scope in (("--changed", "main"), ("--staged",)):
        for form, ran in formats(skc, app, *scope).items():
            told = ran.stdout.replace("\\", "")
            assert "a.js:2 is new and allows console-call: it is late" in told, (form, scope)
            assert "1 is new" not in told
        said = skc("audit", *scope, "--format", "github", cwd=app).stdout
        assert "::notice file=a.js,line=2,title=silenced by this change::" in said
    topic("commit", "-q", "-m", "two")
    assert "is new" not in skc("audit", "--changed=HEAD", cwd=app).stdout
    assert "is new" not in skc("audit", cwd=app).stdout


def test_what_a_linter_s_comment_silences_in_a_change_is_named(
    skc: Skc, app: Path, topic: Git
) -> None:
    put(app, a_js="console.log(1);\nconsole.log(2); // eslint-disable-line no-console\n")
    for form, ran in formats(skc, app, "--changed", "main").items():
        assert "a.js:2 is silenced by eslint-disable-line" in ran.stdout, form
    assert "is silenced by" not in skc("audit", cwd=app).stdout


def test_no_baseline_at_the_revision_accepts_nothing_and_says_so(
    skc: Skc, app: Path, git: Git, accept: Callable[[], None]
) -> None:
    put(app, a_js="let x;\n")
    git("add", "-A")
    git("commit", "-q", "-m", "one")
    git("checkout", "-q", "-b", "topic")
    put(app, a_js="console.log(password);\n")
    accept()
    report = audit(skc, app, "--changed", "main", *AT_MAIN)
    assert report["facts"]["baseline"]["there"] is False
    assert f"there is no {OF_AUDIT} at main: nothing is accepted" in report["facts"]["notes"]
    for form in ("table", "markdown"):
        said = skc("audit", "--changed", "main", *AT_MAIN, "--format", form, cwd=app)
        assert said.code == 12
        assert "at main: nothing is accepted" in said.stdout, form
    (app / OF_AUDIT).unlink()
    assert skc("audit", "--changed", "main", *AT_MAIN, cwd=app).code == 12


def test_a_large_baseline_is_not_told_line_by_line(
    skc: Skc, app: Path, git: Git, accept: Callable[[], None]
) -> None:
    put(app, b_js="let x;\n")
    git("add", "-A")
    git("commit", "-q", "-m", "one")
    put(app, a_js="".join(f"console.log({number}, x);\n" for number in range(30)))
    accept()
    notes = audit(skc, app, "--changed", "--baseline", OF_AUDIT)["facts"]["notes"]
    assert len(notes) == 21
    assert notes[-1] == f"{OF_AUDIT} is given 10 entries more"


def test_a_baseline_that_was_written_by_hand_is_read_at_a_revision_too(
    skc: Skc, app: Path, git: Git
) -> None:
    put(app, a_js="console.log(1);\n")
    (found,) = audit(skc, app)["findings"]
    one = Accepted(
        fingerprint=found["fingerprint"],
        detector="console-call",
        path="a.js",
        context="console.log(1)",
        reason="the banner",
    )
    (app / ".skc").mkdir()
    (app / OF_AUDIT).write_bytes(write(Baseline((one,))))
    git("add", "-A")
    git("commit", "-q", "-m", "one")
    (app / OF_AUDIT).write_text("{}")  # broken since; what counts is elsewhere
    assert places(audit(skc, app, *AT_MAIN)) == []
    assert skc("audit", "--baseline", OF_AUDIT, cwd=app).code == 4


def test_the_staged_baseline_counts_for_what_is_staged(
    skc: Skc, app: Path, topic: Git, accept: Callable[[], None]
) -> None:
    topic("add", "a.js")
    accept()  # on disk alone
    words = ("audit", "--staged", "--baseline", OF_AUDIT)
    assert skc(*words, cwd=app).code == 12
    topic("add", OF_AUDIT)
    (app / OF_AUDIT).unlink()
    assert skc(*words, cwd=app).code == 0


def test_from_a_folder_below_the_file_is_meant_that_was_named(
    skc: Skc, app: Path, topic: Git
) -> None:
    (app / "src").mkdir()
    named = ("--baseline", f"../{OF_AUDIT}", "--baseline-from", "main")
    report = audit(skc, app / "src", "..", *named)
    assert report["facts"]["baseline"]["file"] == OF_AUDIT
    assert report["facts"]["baseline"]["entries"] == 1


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("--baseline-from", "main"), 2, "--baseline-from goes with --baseline"),
        (("--baseline", OF_AUDIT, "--baseline-from", "nowhere"), 4, "there is no nowhere"),
        (("--baseline", OF_AUDIT, "--baseline-from=--output=x"), 4, "there is no --output=x"),
        (("--baseline", "../b.json", "--baseline-from", "main"), 2, "outside of the repository"),
        (("--baseline", "a.js", "--baseline-from", "main"), 4, "a.js is no baseline"),
        (("--baseline", OF_AUDIT, "--baseline-from", "main", "--fix"), 2, "grade nothing"),
    ],
)
def test_a_baseline_that_cannot_be_read_there_is_said(
    skc: Skc, app: Path, topic: Git, words: tuple[str, ...], code: int, says: str
) -> None:
    ran = skc("audit", *words, cwd=app)
    assert ran.code == code, ran.stderr
    assert says in ran.stderr
    assert "fix:" in ran.stderr
    assert not (app / "x").exists()


def test_without_a_repository_there_is_no_revision(skc: Skc, app: Path) -> None:
    ran = skc("audit", *AT_MAIN, cwd=app)
    assert ran.code == 4
    assert "no git repository" in ran.stderr


def test_a_baseline_at_its_usual_place_counts_only_where_it_is_asked_for(
    skc: Skc, app: Path, accept: Callable[[], None]
) -> None:
    put(app, a_js="console.log(password);\n")
    accept()
    ran = skc("audit", cwd=app)
    assert ran.code == 12
    assert f"{OF_AUDIT} counts where it is asked for: --baseline {OF_AUDIT}" in ran.stdout
    ran = skc("audit", "--baseline", OF_AUDIT, cwd=app)
    assert ran.code == 0
    assert "counts where" not in ran.stdout


def test_the_reason_of_a_new_comment_cannot_speak_to_the_runner(
    skc: Skc, app: Path, topic: Git
) -> None:
    mark = secrets.token_hex(4)
    put(app, a_js=f"console.log(2); /* skc: allow console-call so\n::error::{mark} */\n")
    said = skc("audit", "--changed", "main", "--format", "github", cwd=app).stdout
    assert not [line for line in said.splitlines() if line.startswith(f"::error::{mark}")]
    assert json.loads(skc("audit", "--format", "json", cwd=app).stdout)


def test_what_a_comment_silences_in_a_file_that_no_check_parses_is_named(
    skc: Skc, app: Path, topic: Git
) -> None:
    value = "".join(secrets.choice("abcdefghkmnpqrstuvwxyzABCDEFGHKMNP23456789") for _ in range(22))
    (app / "conf.yaml").write_text(
        f'# skc: allow secret-in-tree it is a sample\npassword: "{value}"\n'
    )
    words = ("--changed", "main", "--select", "secret-in-tree")
    for form, ran in formats(skc, app, *words).items():
        assert ran.code == 0, form
        told = ran.stdout.replace("\\", "")
        assert "conf.yaml:2 is silenced by a comment" in told, form
        assert "it is a sample" in told, form
        assert value not in told
    topic("add", "-A")
    topic("commit", "-q", "-m", "two")
    assert "is silenced" not in skc("audit", "--changed=HEAD", *words[2:], cwd=app).stdout


@pytest.mark.parametrize("scope", [("--changed", "main"), ("--staged",), AT_MAIN])
def test_that_a_change_lets_itself_pass_is_named(
    skc: Skc, app: Path, topic: Git, scope: tuple[str, ...]
) -> None:
    settings = app / "skc.yaml"
    text = "version: 1\nproject: {id: abcdef, name: shop}\n"
    settings.write_text(f"{text}audit: {{fail_on: critical}}\n")
    topic("add", "-A")
    says = "skc.yaml lets more pass since this change: fail_on was high, and is critical"
    for form, ran in formats(skc, app, *scope).items():
        assert ran.code == 0, form
        assert says in ran.stdout.replace("\\", ""), form
    for more, env in ((("--fail-on", "low"), {}), ((), {"SKC_AUDIT_FAIL_ON": "low"})):
        ran = skc("audit", *scope, *more, cwd=app, env=env)
        assert (ran.code, says in ran.stdout) == (12, False)
    settings.write_text(f"{text}audit: {{fail_on: low}}\n")
    assert "lets more pass" not in skc("audit", *scope, cwd=app).stdout


def test_what_skc_yaml_said_before_is_compared_and_not_the_default(
    skc: Skc, app: Path, topic: Git
) -> None:
    settings = app / "skc.yaml"
    text = "version: 1\nproject: {id: abcdef, name: shop}\n"
    settings.write_text(f"{text}audit: {{fail_on: critical}}\n")
    topic("add", "-A")
    topic("commit", "-q", "-m", "two")
    assert "lets more pass" not in skc("audit", "--changed=HEAD", cwd=app).stdout
    assert "lets more pass" not in skc("audit", cwd=app).stdout
    settings.write_text("version: [\n")
    topic("commit", "-q", "-am", "three")
    settings.write_text(f"{text}audit: {{fail_on: critical}}\n")
    assert "lets more pass" not in skc("audit", "--changed=HEAD", cwd=app).stdout


def test_to_accept_once_more_changes_no_byte_and_a_move_none_either(
    skc: Skc, app: Path, accept: Callable[[], None]
) -> None:
    put(app, a_js="console.log(password);\n", b_js="console.log(1);\n")
    accept()
    first = (app / OF_AUDIT).read_bytes()
    put(app, b_js="let x;\n\nconsole.log(1);\n")
    accept()
    assert (app / OF_AUDIT).read_bytes() == first
    assert skc("audit", "--baseline", OF_AUDIT, "--fail-on", "low", cwd=app).code == 0
    words = ("--baseline", OF_AUDIT, "--format", "baseline", "--out", OF_AUDIT)
    skc("audit", *words, cwd=app)  # what was accepted stays so
    assert (app / OF_AUDIT).read_bytes() == first


def test_a_baseline_accepts_nothing_worse_than_it_names(
    skc: Skc, app: Path, accept: Callable[[], None]
) -> None:
    put(app, a_js="console.log(password);\n")
    accept()
    text = (app / OF_AUDIT).read_text()
    assert '"severity": "high"' in text
    (app / OF_AUDIT).write_text(text.replace('"severity": "high"', '"severity": "low"'))
    assert skc("audit", "--baseline", OF_AUDIT, cwd=app).code == 12


@pytest.mark.parametrize(
    "text", ['{"schema": "skc/baseline/2"}', '{"schema": "skc/baseline/2", "accepted": [{}]}']
)
def test_half_a_baseline_is_none(skc: Skc, app: Path, text: str) -> None:
    put(app, a_js="let x;\n")
    (app / "b.json").write_text(text)
    assert skc("audit", "--baseline", "b.json", cwd=app).code == 4


def test_a_run_that_fails_leaves_the_baseline_as_it_is(
    skc: Skc, app: Path, accept: Callable[[], None]
) -> None:
    put(app, a_js="console.log(1);\n")
    accept()
    first = (app / OF_AUDIT).read_bytes()
    (app / "skc.yaml").write_text("version: [\n")
    assert skc("audit", "--format", "baseline", "--out", OF_AUDIT, cwd=app).code == 4
    assert (app / OF_AUDIT).read_bytes() == first
