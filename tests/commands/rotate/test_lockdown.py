"""A leaked user: `--lockdown` cuts it off before all else; a known value counts as leaked."""

from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from skillconnect_ops.commands.rotate import plan
from skillconnect_ops.commands.rotate.user_steps import UserCreate, UserDrain
from skillconnect_ops.core.plan import Plan, Subject
from skillconnect_ops.evidence.matching import Reason
from tests.commands.rotate.app import App, settings, trust
from tests.commands.rotate.atlas_app import AtlasApp

CONFIRM = ("--confirm", "production")
LOCKDOWN = ("rotate", "--lockdown", *CONFIRM)


def test_the_old_user_is_cut_off_before_there_is_a_new_one(app: App) -> None:
    script = "sleep 0"
    consumers = f"    consumers: {{api: {{reload: [sh, -c, '{script}']}}}}\n"
    (app.root / "skc.yaml").write_text(settings(app.name, consumers))
    trust(app, "api", "sh", "-c", script)
    before, roles = app.uri(), app.roles("app")
    with MongoClient[Any](before) as left:
        left[app.name].things.find_one()
        ran = app.run(*LOCKDOWN)
        assert ran.code == 0, ran.stderr + ran.stdout
        with pytest.raises(OperationFailure):
            left[app.name].things.find_one()
    kinds = [step["kind"] for step in ran.json["steps"]]
    assert kinds.index("user.revoke") < kinds.index("user.create") < kinds.index("env.publish")
    assert app.users() == {"app_a"}
    assert app.roles("app_a") == roles
    assert app.opens(app.uri())
    assert not app.opens(before)
    assert ran.json["next"] == ["skc rotate status"]
    (entry,) = app.run("secrets", "ledger", "list").json["facts"]["retired"]
    assert (entry["reason"], entry["refusal"]) == ("leaked", "proven")
    assert not list((app.state / "escrow").rglob("*"))


@pytest.mark.parametrize("reload", ["[sleep, '0.3']", None])
def test_the_result_says_who_is_gone_and_how_long_the_outage_was(
    app: App, reload: str | None
) -> None:
    if reload is not None:
        consumers = f"    consumers: {{api: {{reload: {reload}}}}}\n"
        (app.root / "skc.yaml").write_text(settings(app.name, consumers))
        trust(app, "api", "sleep", "0.3")
    ran = app.skc(*LOCKDOWN, cwd=app.root, env=app.env)
    assert ran.code == 0, ran.stderr
    assert "the user app is gone, cut off before the new one was made" in ran.stdout
    (told,) = [line for line in ran.stdout.splitlines() if line.startswith("the outage lasted ")]
    assert float(told.split()[3]) > (0.3 if reload else 0)
    assert told.endswith("to the last reload" if reload else "is to be restarted by hand now")


def test_the_plan_says_outage_and_yes_is_not_enough(app: App) -> None:
    before = app.file.read_bytes()
    ran = app.run("rotate", "--lockdown", "--yes")
    assert ran.code == 3, ran.stdout
    assert "OUTAGE" in ran.stderr
    assert "--confirm production" in ran.json["error"]["fix"]
    assert "cuts the app off from production" in ran.json["error"]["what"]
    other = app.run("rotate", "--lockdown", "--confirm", "staging")
    assert other.code == 3
    assert (app.file.read_bytes(), app.users()) == (before, {"app"})


def test_what_fails_after_the_turn_goes_on_forward(app: App) -> None:
    script = "test -e mended"
    consumers = f"    consumers: {{api: {{reload: [sh, -c, '{script}']}}}}\n"
    (app.root / "skc.yaml").write_text(settings(app.name, consumers))
    trust(app, "api", "sh", "-c", script)
    before, roles = app.uri(), app.roles("app")
    ran = app.run(*LOCKDOWN)
    assert ran.code == 6, ran.stdout
    assert not app.roles("app")
    (app.root / "mended").touch()
    resumed = app.run(*ran.json["error"]["fix"].partition("   #")[0].split()[1:], "--yes")
    assert resumed.code == 0, resumed.stdout
    assert app.users() == {"app_a"}
    assert app.roles("app_a") == roles
    assert not app.opens(before)


@pytest.mark.parametrize(
    "how", [("--lockdown", *CONFIRM), ("--reason", "leaked", "--yes")], ids=["lockdown", "leaked"]
)
def test_an_open_overlap_is_ended_first_and_whoever_still_uses_it_is_cut_off(
    app: App, how: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(plan.PATIENCE_S, Reason.LEAKED, 1)
    first = app.uri()
    assert app.run("rotate", "--yes").code == 0
    second = app.uri()
    with MongoClient[Any](first, appName="an-old-worker") as worker:
        worker[app.name].things.find_one()
        shown = app.run("rotate", *how, "--dry-run")
        assert shown.code == 0, shown.stdout
        assert "drop the user app," in " ".join(shown.stderr.split())
        assert app.users() == {"app", "app_a"}
        ran = app.run("rotate", *how)
        assert ran.code == 0, ran.stdout + ran.stderr
        told = " ".join(ran.stderr.split())
        assert "the older value still works" in told
        assert "connected as app now, and cut off" in told
        assert "an-old-worker from" in told
        with pytest.raises(OperationFailure):
            worker[app.name].things.find_one()
    assert len(ran.json["facts"]["rotation"]["ended"]) == 1
    if "leaked" in how:
        assert app.run("rotate", "finish", "--wait", "0", "--yes").code == 0
    assert app.users() == {"app_b"}
    assert not app.opens(first)
    assert not app.opens(second)
    assert app.opens(app.uri())
    entries = app.run("secrets", "ledger", "list").json["facts"]["retired"]
    assert [(one["reason"], one["refusal"]) for one in entries] == [("leaked", "proven")] * 2
    assert app.run("rotate", "status").json["facts"]["secrets"][0]["standing"] == "live"
    assert not list((app.state / "escrow").rglob("*"))


def test_nobody_who_did_not_say_that_it_leaked_ends_an_open_overlap(app: App) -> None:
    assert app.run("rotate", "--yes").code == 0
    for how in ((), ("--reason", "offboarding")):
        ran = app.run("rotate", *how, "--yes")
        assert ran.code == 3, ran.stdout
        assert ran.json["error"]["fix"] == "skc rotate finish"
    ran = app.run("rotate", "--lockdown", "--yes")  # a yes is no name
    assert ran.code == 3, ran.stdout
    assert app.users() == {"app", "app_a"}


def test_only_users_can_be_locked_down(app: App) -> None:
    secrets = "    secrets: {session: {kind: random, env: PORT}}\n"
    (app.root / "skc.yaml").write_text(settings(app.name, secrets))
    ran = app.run(*LOCKDOWN, "--only", "session")
    assert ran.code == 3
    assert ran.json["error"]["fix"] == "skc rotate --only session --reason leaked"
    both = app.run("rotate", "--lockdown", "--dry-run")
    assert both.code == 0, both.stdout
    assert "not now: session" in both.stderr


def test_on_atlas_too(atlas_app: AtlasApp) -> None:
    app, before = atlas_app, atlas_app.uri()
    ran = app.run(*LOCKDOWN)
    assert ran.code == 0, ran.stderr + ran.stdout
    changed = [seen.method for seen in app.atlas.seen if "databaseUsers/" in seen.path]
    assert [method for method in changed if method != "GET"] == ["PATCH", "PATCH", "DELETE"]
    assert app.users() == {f"{app.user}_a"}
    made = app.atlas.users["admin", f"{app.user}_a"]
    assert made["roles"] == [{"roleName": "readWrite", "databaseName": app.name}]
    assert app.opens(app.uri())
    assert not app.opens(before)


def test_a_value_that_the_ledger_knows_counts_as_leaked_and_the_plan_says_why(app: App) -> None:
    told = app.skc(
        *("secrets", "ledger", "add", "MONGO_URI", "--stdin", "--reason", "leaked", "--yes"),
        cwd=app.root,
        stdin=app.uri(),
    )
    assert told.code == 0, told.stderr
    ran = app.run("rotate", "--yes", "--reason", "scheduled")
    assert ran.code == 0, ran.stdout
    assert "it counts as leaked: the present value of MONGO_URI" in " ".join(ran.stderr.split())
    assert ran.json["facts"]["rotation"]["leaked"] == ["mongodb"]
    ended = app.run("rotate", "finish", "--wait", "0", "--yes")
    assert ended.code == 0
    entries = app.run("secrets", "ledger", "list").json["facts"]["retired"]
    assert {entry["reason"] for entry in entries} == {"leaked"}
    again = app.run("rotate", "--yes")
    assert again.json["facts"]["rotation"]["leaked"] == []


def test_a_key_that_the_ledger_knows_is_replaced_at_once(app: App) -> None:
    app.file.write_text(app.file.read_text() + f"JWT_SECRET_KEY={'k3Y' * 20}\n")
    secrets = "    secrets: {jwt: {kind: jwt, env: JWT_SECRET_KEY}}\n"
    (app.root / "skc.yaml").write_text(settings(app.name, secrets))
    told = app.skc(
        *("secrets", "ledger", "add", "--env", "JWT_SECRET_KEY", "--yes"), cwd=app.root, env=app.env
    )
    assert told.code == 0, told.stderr
    ran = app.run("rotate", "--only", "jwt", "--yes")
    assert ran.code == 0, ran.stdout
    assert ran.json["facts"]["rotation"]["moves"] == {"jwt": "replace"}


@pytest.mark.parametrize(
    ("reason", "since_s", "patience_s"),
    [
        (Reason.LEAKED, 0.0, 600),
        (Reason.LEAKED, 400.0, 200),
        (Reason.LEAKED, 86_400.0, 0),
        (Reason.LEAKED, -86_400.0, 600),  # a clock that was set back
        (Reason.SCHEDULED, 86_400.0, 300),
    ],
)
def test_a_leaked_user_overlaps_ten_minutes_from_its_rotation_at_most(
    reason: Reason, since_s: float, patience_s: int
) -> None:
    made = UserCreate(
        key="create:app_a",
        user="app_a",
        database="shop",
        like="app",
        secret="mongodb",
        env="MONGO_URI",
        reason=reason.value,
    )
    begun = Plan(command="rotate", subject=Subject(), state="", steps=(made,))
    ended = plan.end(
        begun,
        (),
        subject=Subject(),
        reason=None,
        patience_s=None,
        journal="j",
        since_s=since_s,
    )
    (drain,) = [step for step in ended.steps if isinstance(step, UserDrain)]
    assert drain.patience_s == patience_s
    assert drain.cut_off is (reason is Reason.LEAKED)
