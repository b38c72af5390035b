"""`skc rotate` on a real mongod: a successor, proven, published; the old one proven dead."""

import os
import subprocess
import time
from typing import Any

import pytest

from skillconnect_ops.core.secret import Secret
from skillconnect_ops.envfile import Reader, parse
from tests.commands.rotate.app import App, settings, trust
from tests.commands.secrets.test_scan import git
from tests.conftest import Ran


def test_a_user_gets_a_successor_and_both_work_until_the_end(app: App) -> None:
    before, text = app.uri(), app.file.read_text()
    ran = app.run("rotate", "--yes")
    assert ran.code == 0, ran.stderr + ran.stdout
    after = app.uri()
    assert after != before
    assert app.file.read_text() == text.replace(before, after)
    assert after.split("@")[1:] == before.split("@")[1:]
    assert app.users() == {"app", "app_a"}
    assert app.roles("app_a") == app.roles("app")
    assert app.opens(before)
    assert app.opens(after)
    assert ran.json["next"] == ["skc rotate finish"]

    ended = app.run("rotate", "finish", "--yes")
    assert ended.code == 0, ended.stderr + ended.stdout
    assert app.users() == {"app_a"}
    assert not app.opens(before)
    assert app.opens(after)
    assert not list((app.state / "escrow").rglob("*"))


def test_the_two_names_take_turns(app: App) -> None:
    for names in ({"app_a"}, {"app_b"}, {"app_a"}):
        assert app.run("rotate", "--yes").code == 0
        assert app.run("rotate", "finish", "--yes").code == 0
        assert app.users() == names
        assert app.opens(app.uri())


def test_what_was_retired_is_known_again(app: App) -> None:
    before = app.uri()
    app.run("rotate", "--yes", "--reason", "leaked")
    app.run("rotate", "finish", "--yes")
    listed = app.run("secrets", "ledger", "list").json
    (entry,) = listed["facts"]["retired"]
    assert (entry["name"], entry["reason"], entry["refusal"]) == ("MONGO_URI", "leaked", "proven")
    found = app.skc("secrets", "ledger", "check", "--stdin", cwd=app.root, stdin=before)
    assert found.code == 13, found.stderr + found.stdout


def test_nothing_is_touched_by_a_dry_run_or_without_consent(app: App) -> None:
    before = app.file.read_bytes()
    assert app.run("rotate", "--dry-run").code == 0
    refused = app.run("rotate")
    assert refused.code == 3
    assert (app.file.read_bytes(), app.users()) == (before, {"app"})


def test_a_second_rotation_waits_for_the_first_to_be_finished(app: App) -> None:
    app.run("rotate", "--yes")
    again = app.run("rotate", "--yes")
    assert again.code == 3
    assert again.json["error"]["fix"] == "skc rotate finish"


def test_a_name_that_is_taken_is_nobody_s_to_overwrite(app: App) -> None:
    app.client[app.name].command("createUser", "app_a", pwd="theirs", roles=[])
    before = app.file.read_bytes()
    ran = app.run("rotate", "--yes")
    assert ran.code == 3
    assert "app_a" in ran.json["error"]["what"]
    assert (app.file.read_bytes(), app.users()) == (before, {"app", "app_a"})


def test_without_an_administrator_nothing_is_begun(app: App) -> None:
    ran = app.run("rotate", "--yes", env={"SKC_MONGO_ADMIN_URI": ""})
    assert ran.code == 4
    assert "SKC_MONGO_ADMIN_URI" in ran.json["error"]["fix"]


def test_an_old_user_that_is_in_use_is_not_cut_off(app: App) -> None:
    before = app.uri()
    app.run("rotate", "--yes")
    assert app.opens(before)
    from pymongo import MongoClient  # noqa: PLC0415 - the connection that stays

    with MongoClient[Any](before + "&appName=old-worker") as left:
        left[app.name].things.find_one()
        ran = app.run("rotate", "finish", "--wait", "1", "--yes")
        assert ran.code == 5, ran.stdout
        assert "old-worker" in ran.json["error"]["why"]
        assert left[app.name].things.find_one() == {"_id": 1}
    assert app.roles("app") == app.roles("app_a")
    assert app.run("rotate", "finish", "--yes").code == 0


def test_a_leaked_one_that_is_in_use_is_cut_off_in_the_end(app: App) -> None:
    before = app.uri()
    app.run("rotate", "--yes", "--reason", "leaked")
    from pymongo import MongoClient  # noqa: PLC0415 - the connection that stays
    from pymongo.errors import OperationFailure  # noqa: PLC0415

    with MongoClient[Any](before) as left:
        left[app.name].things.find_one()
        ran = app.run("rotate", "finish", "--wait", "1", "--yes")
        assert ran.code == 0, ran.stdout
        with pytest.raises(OperationFailure):
            left[app.name].things.find_one()


def test_a_reload_that_fails_puts_everything_back(app: App) -> None:
    consumers = "    consumers: {api: {reload: [sh, -c, 'test ! -e broken']}}\n"
    (app.root / "skc.yaml").write_text(settings(app.name, consumers))
    before = app.file.read_bytes()
    ran = app.run("rotate", "--yes")
    assert ran.code == 3
    assert ran.json["error"]["fix"].startswith("skc doctor --trust")
    trust(app, "api", "sh", "-c", "test ! -e broken")
    (app.root / "broken").touch()
    ran = app.run("rotate", "--yes")
    assert ran.code in {5, 6}, ran.stdout
    assert (app.file.read_bytes(), app.users()) == (before, {"app"})


def test_a_reload_sees_the_new_value_and_after_a_failure_the_old_one(app: App) -> None:
    script = "grep -c app_a .env >> seen; test $(wc -l < seen) -ne 2"
    consumers = f"    consumers: {{api: {{reload: [sh, -c, '{script}']}}, "
    consumers += "worker: {reload: ['false']}}\n"
    (app.root / "skc.yaml").write_text(settings(app.name, consumers))
    trust(app, "api", "sh", "-c", script)
    trust(app, "worker", "false")
    ran = app.run("rotate", "--yes")
    assert ran.code in {5, 6}
    assert (app.root / "seen").read_text().split() == ["1", "0"]
    assert app.users() == {"app"}


def test_no_byte_of_a_secret_is_left_behind(app: App) -> None:
    before = app.uri()
    told = [app.run("rotate", "--yes")]
    after = app.uri()
    told.append(app.run("rotate", "finish", "--yes"))
    told.append(app.run("rotate", "status"))
    secret = [uri.split("@")[0].rsplit(":", 1)[1] for uri in (before, after)]
    kept = b"".join(path.read_bytes() for path in app.state.rglob("*") if path.is_file())
    kept += b"".join(path.read_bytes() for path in (app.root / ".skc").rglob("*") if path.is_file())
    for value in secret:
        assert value.encode() not in kept
        assert all(value not in ran.stdout + ran.stderr for ran in told)


def test_status_tells_what_still_works(app: App) -> None:
    assert app.run("rotate", "status").json["facts"]["secrets"][0]["standing"] == "live"
    app.run("rotate", "--yes")
    (row,) = app.run("rotate", "status").json["facts"]["secrets"]
    assert row["standing"].startswith("retiring")
    app.run("rotate", "finish", "--yes")
    (row,) = app.run("rotate", "status").json["facts"]["secrets"]
    assert row["standing"] == "live"
    assert row["rotated_at"] is not None


def test_due_tells_cron_by_its_exit_code(app: App) -> None:
    assert app.run("rotate", "due").code == 0
    secrets = "    secrets: {database: {kind: mongodb, env: MONGO_URI, every: 1s}}\n"
    (app.root / "skc.yaml").write_text(settings(app.name, secrets))
    never = app.run("rotate", "due")
    assert never.code == 11, never.stdout
    assert never.json["findings"][0]["remedy"] == "skc rotate --only database"
    app.run("rotate", "--yes")
    time.sleep(1.5)
    late = app.run("rotate", "due")
    assert late.code == 12
    assert {one["id"] for one in late.json["findings"]} == {"rotation-due", "rotation-unfinished"}


def test_an_opaque_value_is_renewed_and_the_old_one_remembered(app: App) -> None:
    app.file.write_text(app.file.read_text() + "SESSION_SECRET=old-and-weak\n")
    secrets = "    secrets: {session: {kind: random, env: SESSION_SECRET}}\n"
    (app.root / "skc.yaml").write_text(settings(app.name, secrets))
    ran = app.run("rotate", "--only", "session", "--yes")
    assert ran.code == 0, ran.stdout
    assert "old-and-weak" not in app.file.read_text()
    assert app.users() == {"app"}
    assert app.run("rotate", "finish", "--yes").code == 0
    found = app.skc("secrets", "ledger", "check", "--stdin", cwd=app.root, stdin="old-and-weak")
    assert found.code == 12, found.stdout


def test_a_variable_that_no_env_file_holds_is_not_rotated(app: App) -> None:
    secrets = "    secrets: {session: {kind: random, env: NOWHERE}}\n"
    (app.root / "skc.yaml").write_text(settings(app.name, secrets))
    ran = app.run("rotate", "--only", "session", "--yes")
    assert ran.code == 4
    assert "NOWHERE" in ran.json["error"]["what"]


def test_an_env_file_that_takes_no_new_value_is_told_before_anything_is_touched(app: App) -> None:
    lines = app.file.read_text().splitlines()
    app.file.write_text("\ufeff" + "\n".join(reversed(lines)) + "\n", encoding="utf-8")
    before = app.file.read_bytes()
    ran = app.run("rotate", "--yes")
    assert ran.code == 4, ran.stdout
    assert ran.json["error"]["what"] == ".env takes no new MONGO_URI"
    assert "--not-for" not in ran.json["error"]["fix"]
    assert (app.file.read_bytes(), app.users()) == (before, {"app"})


@pytest.mark.parametrize("query", ["?authSource=admin&replicaSet=rs0", "?retryWrites=a&w=majority"])
def test_another_line_that_the_app_reads_and_bash_does_not_stops_no_rotation(
    app: App, query: str
) -> None:
    app.file.write_text(app.file.read_text() + f"OTHER=http://h/{query}\nSESSION_SECRET=weak\n")
    secrets = "    secrets: {session: {kind: random, env: SESSION_SECRET}}\n"
    (app.root / "skc.yaml").write_text(settings(app.name, secrets))
    before = app.uri()
    ran = app.run("rotate", "--yes")
    assert ran.code == 0, ran.stdout
    assert "cannot read line 4 of .env" in ran.stderr
    assert app.uri() != before
    text = app.file.read_text()
    assert f"OTHER=http://h/{query}\n" in text
    assert "SESSION_SECRET=weak" not in text
    assert app.run("rotate", "finish", "--yes").code == 0


def test_the_very_line_that_bash_does_not_read_is_mended_by_its_new_value(app: App) -> None:
    app.file.write_text(f"SESSION_SECRET=a\nMONGO_URI={app.uri().replace(' ', '%20')}&w=1\n")
    assert app.run("rotate", "--yes").code == 0
    made = parse(app.file.read_bytes()).readings
    assert {made[one].values.get("MONGO_URI") for one in Reader} == {app.uri()}


def test_an_env_file_that_cannot_be_replaced_is_told_before_anything_is_touched(app: App) -> None:
    app.file.rename(app.root / "elsewhere")
    os.link(app.root / "elsewhere", app.file)
    ran = app.run("rotate", "--dry-run")
    assert ran.code == 3, ran.stdout
    assert "names" in ran.json["error"]["what"]
    assert app.users() == {"app"}


def test_a_file_that_is_locked_against_changes_is_told_in_the_plan(app: App) -> None:
    locked = subprocess.run(["chattr", "+i", str(app.file)], capture_output=True, check=False)
    if locked.returncode:
        pytest.skip(f"chattr +i does nothing here: {locked.stderr.decode().strip()}")
    try:
        ran = app.run("rotate", "--dry-run")
    finally:
        subprocess.run(["chattr", "-i", str(app.file)], check=True)
    assert ran.code == 4, ran.stdout
    assert ".env" in ran.json["error"]["why"] + ran.json["error"]["fix"]
    assert "skc-tmp" not in ran.stdout
    assert app.users() == {"app"}


def test_a_variable_that_stands_there_twice_is_told_with_its_file_and_without_set_s_option(
    app: App,
) -> None:
    app.file.write_text(app.file.read_text() + f"MONGO_URI='{app.uri()}'\n")
    ran = app.run("rotate", "--dry-run")
    assert ran.code == 3, ran.stdout
    error = ran.json["error"]
    assert error["what"] == "MONGO_URI stands in .env 2 times"
    assert "lines 3, 4" in error["why"]
    assert "--all" not in error["fix"]
    assert ".env" in error["fix"]


def test_what_skc_yaml_does_not_name_is_said_not_to_be_renewed(app: App) -> None:
    app.file.write_text(app.file.read_text() + "JWT_SECRET_KEY=old-and-weak\nSMTP_PASS=abcd efgh\n")
    planned = app.run("rotate", "--dry-run", "--reason", "leaked")
    told = "not in skc.yaml, so not renewed: JWT_SECRET_KEY, SMTP_PASS"
    assert told in planned.stderr.replace("\n", " ").replace("       ", " "), planned.stderr
    ran = app.run("rotate", "--yes", "--reason", "leaked")
    assert ran.json["facts"]["rotation"]["unnamed"] == ["JWT_SECRET_KEY", "SMTP_PASS"]
    assert app.run("rotate", "finish", "--yes").code == 0


def test_after_init_a_leak_leaves_no_secret_as_it_was(app: App) -> None:
    held = {"JWT_SECRET_KEY": "weak", "ADMIN_JWT_SECRET_KEY": "weak too", "COOKIE_SECRET": "hush"}
    lines = "".join(f"{name}={value}\n" for name, value in {**held, "SMTP_PASS": "typed"}.items())
    app.file.write_text(app.file.read_text() + lines)
    (app.root / "skc.yaml").unlink()
    assert app.run("init", "--yes").code == 0
    before = parse(app.file.read_bytes())
    ran = app.run("rotate", "--yes", "--reason", "leaked")
    assert ran.code == 0, ran.stdout + ran.stderr
    after = parse(app.file.read_bytes())
    assert [one for one in (*held, "MONGO_URI") if after.get(one) == before.get(one)] == []
    assert ran.json["facts"]["rotation"]["unnamed"] == []
    assert "made by hand: skc rotate --only smtp" in ran.stderr
    assert app.run("rotate", "finish", "--confirm-reloaded", "--yes").code == 0
    assert not app.opens(before.get("MONGO_URI") or "")


@pytest.mark.parametrize("listed", [True, False])
def test_what_a_listed_signer_saw_refused_is_no_emergency_in_the_history(
    app: App, *, listed: bool
) -> None:
    old = Secret(app.uri())
    git(app.root, "init", "--quiet")
    git(app.root, "add", ".env")
    git(app.root, "commit", "--quiet", "-m", "first")
    if listed:
        assert app.run("init", "--enroll", "--yes").code == 0
    app.run("rotate", "--yes", "--reason", "leaked")
    before = app.run("secrets", "scan", "--history")
    assert severities(before, ".env", in_head=True) == {"critical"}
    app.run("rotate", "finish", "--yes")
    ran = app.run("secrets", "scan", "--history")
    assert severities(ran, ".env", in_head=True) == {"low" if listed else "critical"}
    said = [one["message"] for one in ran.json["findings"] if "retired" in one["message"]]
    assert said
    assert all("retired, refused since 2" in one for one in said)
    assert not any("ledger add" in one for one in ran.json["next"])
    assert old.reveal() not in ran.stdout


def severities(ran: Ran, path: str, *, in_head: bool) -> set[str]:
    """Of the findings of a file as it was committed."""
    places = {one["fingerprint"]: one for one in ran.json["facts"]["places"]}
    return {
        one["severity"]
        for one in ran.json["findings"]
        if one["path"] == path and places[one["fingerprint"]]["in_head"] is in_head
    }
