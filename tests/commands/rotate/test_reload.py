"""A reload that fails: what it says is masked, whose it is is named, and there is a way past it."""

from pathlib import Path
from urllib.parse import unquote

import pytest

from tests import canaries
from tests.commands.rotate.app import App, settings, trust


def consumers(script: str, more: str = "") -> str:
    return f"{more}    consumers: {{api: {{reload: [sh, -c, '{script}']}}}}\n"


def reloaded_by(app: App, script: str, more: str = "") -> None:
    """Name a consumer with this reload command, and trust it."""
    (app.root / "skc.yaml").write_text(settings(app.name, consumers(script, more)))
    trust(app, "api", "sh", "-c", script)


@pytest.mark.parametrize("said", ["was", ".env"])
def test_a_reload_that_prints_a_value_still_valid_leaks_none_of_it(
    app: App, tmp_path: Path, said: str
) -> None:
    reloaded_by(app, f"tail -n 1 {said} >&2; exit 1")
    before = app.uri()
    app.file.rename(app.root / "was")
    app.file.write_bytes((app.root / "was").read_bytes())
    ran = app.run("rotate", "--yes")
    assert ran.code == 6, ran.stdout
    assert "MONGO_URI" in ran.json["error"]["why"], "the command was not heard"
    written = before.partition("@")[0].rpartition(":")[2]
    kept = {"the old password": unquote(written), "as it is written": written}
    own = [app.file, app.root / "was"]
    places = canaries.written(tmp_path, but=own)
    told = {"stdout": ran.stdout.encode(), "stderr": ran.stderr.encode()}
    assert canaries.holding(kept, {**places, **told}) == []


def test_a_failed_reload_names_the_consumer_and_its_command_and_blames_nobody_else(
    app: App,
) -> None:
    (app.root / "first").touch()
    reloaded_by(app, "test ! -e first || { rm first; echo no such container >&2; exit 1; }")
    ran = app.run("rotate", "--yes")
    assert ran.code == 5, ran.stdout
    error = ran.json["error"]
    assert error["what"] == "the reload of api failed"
    assert "no such container" in error["why"]
    assert "sh -c 'test ! -e first" in error["fix"]
    assert "targets.production.consumers.api" in error["fix"]
    assert "bug in skc" not in ran.stdout + ran.stderr
