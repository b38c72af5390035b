"""`skc rotate` on Atlas: a local Admin API that answers as Atlas does, a real mongod behind it."""

import subprocess
import sys
from datetime import datetime
from typing import Any

import pytest

from tests.adapters.atlas.server import Answer, Fault, Seen
from tests.commands.rotate.atlas_app import AtlasApp

FINISH = ("rotate", "finish", "--wait", "0", "--confirm", "production")


def changes(seen: Seen) -> bool:
    return seen.method != "GET" and "databaseUsers" in seen.path


def test_a_user_gets_a_successor_and_the_old_one_is_proven_dead(atlas_app: AtlasApp) -> None:
    app = atlas_app
    app.behind.late_s = 1.5
    before, text = app.uri(), app.file.read_text()
    ran = app.run("rotate", "--yes")
    assert ran.code == 0, ran.stderr + ran.stdout
    after = app.uri()
    assert app.file.read_text() == text.replace(before, after)
    assert after.split("@")[1:] == before.split("@")[1:]
    assert app.users() == {app.user, f"{app.user}_a"}
    old, new = (app.atlas.users["admin", name] for name in (app.user, f"{app.user}_a"))
    assert new["roles"] == old["roles"]
    assert {"key": "team", "value": "web"} in new["labels"]
    assert new.get("deleteAfterDate") is None
    assert app.opens(before)
    assert app.opens(after)

    ended = app.run(*FINISH)
    assert ended.code == 0, ended.stderr + ended.stdout
    assert app.users() == {f"{app.user}_a"}
    assert not app.opens(before)
    assert app.opens(after)
    drained = ended.json["facts"]["rotation"]["steps"][f"drain:{app.user}"]
    assert drained["observed"] is False
    human = app.skc("rotate", "status", cwd=app.root, env=app.env)
    assert human.code == 0
    assert not list((app.state / "escrow").rglob("*"))


def test_nothing_is_published_while_a_cluster_is_behind(atlas_app: AtlasApp) -> None:
    app, before, seen_pending = atlas_app, atlas_app.uri(), []
    app.atlas.clusters[1].lag = 6

    def look(seen: Seen) -> None:
        if any(cluster.left for cluster in app.atlas.clusters):
            seen_pending.append(seen)
            assert app.uri() == before

    app.atlas.meanwhile = look
    assert app.run("rotate", "--yes").code == 0
    assert len(seen_pending) > 6


def test_the_successor_deletes_itself_until_it_is_proven(atlas_app: AtlasApp) -> None:
    app = atlas_app
    ends = []

    def look(seen: Seen) -> None:
        if seen.method == "POST" and "databaseUsers" in seen.path:
            ends.append(app.atlas.users["admin", f"{app.user}_a"]["deleteAfterDate"])

    app.atlas.meanwhile = look
    assert app.run("rotate", "--yes").code == 0
    left = datetime.fromisoformat(ends[0]) - app.atlas.clock.now()
    assert 86_000 < left.total_seconds() <= 86_400


@pytest.mark.parametrize(
    "fault",
    [
        Fault.LIMITED,
        Fault.BROKEN,
        Fault.BROKEN_AFTER,
        Fault.DROPPED,
        Fault.DROPPED_AFTER,
        Fault.RESET_AFTER,
        Fault.CUT,
        Fault.EXPIRED,
    ],
)
def test_every_change_may_fail_once_or_lose_its_answer(atlas_app: AtlasApp, fault: Fault) -> None:
    app, before = atlas_app, atlas_app.uri()
    done: set[tuple[str, str]] = set()

    def faults(_number: int, seen: Seen) -> Fault | None:
        if not changes(seen) or (seen.method, seen.path) in done:
            return None
        done.add((seen.method, seen.path))
        return fault

    app.atlas.faults = faults
    ran = app.run("rotate", "--yes")
    assert ran.code == 0, ran.stderr + ran.stdout
    ended = app.run(*FINISH)
    assert ended.code == 0, ended.stderr + ended.stdout
    assert {method for method, _ in done} == {"POST", "PATCH", "DELETE"}
    assert app.users() == {f"{app.user}_a"}
    assert app.opens(app.uri())
    assert not app.opens(before)


def test_what_fails_half_way_is_put_back_although_no_server_knows_the_user_yet(
    atlas_app: AtlasApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, before = atlas_app, atlas_app.file.read_bytes()
    real = app.atlas.of_user

    def refuses(method: str, database: str, name: str, body: bytes) -> Any:
        if method == "PATCH":
            app.behind.late_s = 1.5
            app.behind.bring({key: user for key, user in app.atlas.users.items() if key[1] != name})
            app.atlas.changed()
            raise Answer(400, "INVALID_ATTRIBUTE", "not now")
        return real(method, database, name, body)

    monkeypatch.setattr(app.atlas, "of_user", refuses)
    ran = app.run("rotate", "--yes")
    assert ran.code == 5, ran.stderr + ran.stdout
    assert (app.file.read_bytes(), app.users()) == (before, {app.user})
    assert app.opens(app.uri())


def test_a_name_that_is_taken_is_nobody_s_to_overwrite(atlas_app: AtlasApp) -> None:
    app, before = atlas_app, atlas_app.file.read_bytes()
    other = dict(app.atlas.users["admin", app.user]) | {"username": f"{app.user}_a"}
    app.atlas.users["admin", f"{app.user}_a"] = other
    ran = app.run("rotate", "--yes")
    assert ran.code == 3
    assert app.atlas.users["admin", f"{app.user}_a"] is other
    assert app.file.read_bytes() == before


def test_another_machine_that_takes_the_name_meanwhile_keeps_its_user(atlas_app: AtlasApp) -> None:
    app, before = atlas_app, atlas_app.file.read_bytes()
    theirs = dict(app.atlas.users["admin", app.user]) | {
        "username": f"{app.user}_a",
        "password": "of another machine",
    }

    def faults(_number: int, seen: Seen) -> Fault | None:
        if seen.method == "POST" and "databaseUsers" in seen.path:
            app.atlas.users["admin", f"{app.user}_a"] = theirs
        return None

    app.atlas.faults = faults
    ran = app.run("rotate", "--yes")
    assert ran.code in {3, 5}, ran.stdout
    assert app.atlas.users["admin", f"{app.user}_a"] is theirs
    assert app.file.read_bytes() == before


def test_the_server_command_path_is_refused_on_atlas(atlas_app: AtlasApp) -> None:
    app, before = atlas_app, atlas_app.file.read_bytes()
    app.settings(atlas=False)
    admin = f"mongodb://root:not-a-real-one@{app.address}/?authSource=admin"
    ran = app.run("rotate", "--yes", env={"SKC_MONGO_ADMIN_URI": admin})
    assert ran.code == 4
    error = ran.json["error"]
    assert "rolls back" in error["why"]
    assert "group_id" in error["fix"]
    assert (app.file.read_bytes(), app.users()) == (before, {app.user})
    assert not app.atlas.seen


def test_without_the_key_nothing_is_begun(atlas_app: AtlasApp) -> None:
    ran = atlas_app.run("rotate", "--yes", env={"SKC_ATLAS": ""})
    assert ran.code == 4
    assert "SKC_ATLAS" in ran.json["error"]["fix"]


def test_the_key_is_shown_to_no_other_machine(atlas_app: AtlasApp) -> None:
    ran = atlas_app.run("rotate", "--yes", env={"SKC_ATLAS_URL": "https://atlas.example"})
    assert ran.code == 4
    assert "SKC_ATLAS_URL" in ran.json["error"]["fix"]


def test_an_api_key_serves_as_well(atlas_app: AtlasApp) -> None:
    app = atlas_app
    assert app.run("rotate", "--yes", env={"SKC_ATLAS": app.atlas.api_key}).code == 0
    assert app.users() == {app.user, f"{app.user}_a"}


def test_no_byte_of_a_secret_is_left_behind(atlas_app: AtlasApp) -> None:
    app, before = atlas_app, atlas_app.uri()
    told = [app.run("rotate", "--yes")]
    after = app.uri()
    told.append(app.run(*FINISH))
    passwords = [uri.split("@")[0].rsplit(":", 1)[1] for uri in (before, after)]
    kept = b"".join(path.read_bytes() for path in app.state.rglob("*") if path.is_file())
    kept += b"".join(path.read_bytes() for path in (app.root / ".skc").rglob("*") if path.is_file())
    for value in (*passwords, *app.atlas.values):
        assert value.encode() not in kept
        assert all(value not in ran.stdout + ran.stderr for ran in told)


@pytest.mark.parametrize(("method", "left"), [("POST", True), ("PATCH", False)])
def test_a_machine_that_dies_half_way_leaves_a_user_that_ends_by_itself_and_the_next_run_mends_it(
    atlas_app: AtlasApp, clean_environment: dict[str, str], method: str, left: bool
) -> None:
    app, before = atlas_app, atlas_app.file.read_bytes()
    words = [sys.executable, "-m", "skillconnect_ops", "rotate", "--yes"]
    env = {**clean_environment, **app.env}
    with subprocess.Popen(words, cwd=app.root, env=env, stderr=subprocess.PIPE) as child:

        def dies(seen: Seen) -> None:
            if seen.method == method and "databaseUsers" in seen.path:
                child.kill()

        app.atlas.meanwhile = dies
        child.communicate(timeout=120)
        assert child.returncode == -9
    app.atlas.meanwhile = lambda _seen: None
    orphan = app.atlas.users["admin", f"{app.user}_a"]
    assert (orphan.get("deleteAfterDate") is not None) is left
    assert app.file.read_bytes() == before
    ran = app.run("rotate", "--yes")
    assert ran.code == 0, ran.stderr + ran.stdout
    assert app.run(*FINISH).code == 0
    assert app.users() == {f"{app.user}_a"}
    assert app.opens(app.uri())


def test_a_temporary_user_that_ended_meanwhile_is_told_and_nothing_is_lost(
    atlas_app: AtlasApp,
) -> None:
    app, before = atlas_app, atlas_app.file.read_bytes()

    def ends(_number: int, seen: Seen) -> Fault | None:
        if seen.method == "PATCH":
            app.atlas.users.pop(("admin", f"{app.user}_a"), None)
        return None

    app.atlas.faults = ends
    ran = app.run("rotate", "--yes")
    assert ran.code == 5, ran.stdout
    assert (app.file.read_bytes(), app.users()) == (before, {app.user})


def test_a_line_that_somebody_writes_meanwhile_and_that_stops_the_writing_survives_the_way_back(
    atlas_app: AtlasApp,
) -> None:
    app, line = atlas_app, "MONGO_URI=another-one\n"  # twice: which one is meant?
    text = app.file.read_text()

    def writes(seen: Seen) -> None:
        if seen.method == "PATCH":
            app.file.write_text(text + line)

    app.atlas.meanwhile = writes
    ran = app.run("rotate", "--yes")
    assert ran.code == 5, ran.stdout
    assert (app.file.read_text(), app.users()) == (text + line, {app.user})
