"""The team is told by its own commands; a test alert is proven by its code."""

import json
from pathlib import Path

import pytest

from skillconnect_ops.commands.respond.read_act import affected, by_address
from skillconnect_ops.core.ports.atlas import LoginSeen
from skillconnect_ops.disk.files import Disk
from skillconnect_ops.journal.hooks import Hooks
from tests.commands.respond.conftest import SECRET
from tests.commands.respond.test_respond import steps
from tests.commands.rotate.app import App
from tests.conftest import Skc

STATE = "respond00001"
TELL = ("sh", "-c", "cat > told")


def configured(project: Path, *argv: str, trusted: bool = True) -> None:
    words = ", ".join(json.dumps(word) for word in argv)
    with (project / "skc.yaml").open("a") as file:
        file.write(f"notify: {{on_incident: [[{words}]]}}\n")
    if trusted:
        state = project.parent / "state" / "skc" / STATE
        Hooks(state, disk=Disk()).trust({"notify on_incident 1": argv})


def leaked(skc: Skc, project: Path) -> None:
    assert skc("respond", "start", "credentials-leaked", "--as", "ada", cwd=project).code == 0


def folder(project: Path) -> Path:
    (found,) = (project.parent / "state" / "skc" / STATE / "incidents").iterdir()
    return found


def test_the_team_is_told_without_a_secret_and_texts_are_written(skc: Skc, project: Path) -> None:
    configured(project, *TELL)
    leaked(skc, project)
    ran = skc("respond", "step", "tell-team", cwd=project)
    assert ran.code == 0, ran.stderr
    told = json.loads((project / "told").read_text())
    assert (told["schema"], told["status"], told["target"]) == (
        "skc/notice/1",
        "incident",
        "production",
    )
    assert told["incident"] in (folder(project) / "tell-team.txt").read_text()
    assert "72 hours" in (folder(project) / "tell-affected.txt").read_text()
    assert SECRET not in (project / "told").read_text()


def test_where_no_command_is_named_the_step_fails_and_the_texts_are_there(
    skc: Skc, project: Path
) -> None:
    leaked(skc, project)
    ran = skc("respond", "step", "tell-team", cwd=project)
    assert ran.code == 4
    assert "nobody was told" in ran.stderr
    assert "Call or write to everybody" in ran.stdout
    assert (folder(project) / "tell-team.txt").exists()


def test_a_command_that_nobody_trusts_is_not_run(skc: Skc, project: Path) -> None:
    configured(project, *TELL, trusted=False)
    leaked(skc, project)
    assert skc("respond", "step", "tell-team", cwd=project).code == 3
    assert not (project / "told").exists()


def test_a_command_that_fails_is_no_telling(skc: Skc, project: Path) -> None:
    configured(project, "sh", "-c", "exit 7")
    leaked(skc, project)
    assert skc("respond", "step", "tell-team", cwd=project).code == 4
    ran = skc("respond", "--format", "json", cwd=project)
    assert steps(ran)["tell-team"] == "failed"


@pytest.mark.parametrize("right", [True, False])
def test_the_code_of_a_test_alert_shows_that_it_came(skc: Skc, project: Path, right: bool) -> None:
    configured(project, *TELL)
    leaked(skc, project)
    ran = skc("respond", "step", "watch", cwd=project)
    assert ran.code == 6
    code = json.loads((project / "told").read_text())["error"]["what"].rpartition(" ")[2]
    ledger = "".join(path.read_text() for path in (project / ".skc/evidence").glob("*.jsonl"))
    assert code not in ledger
    said = f"Bo had it on the phone: {code if right else 'abcdef'}."
    assert skc("respond", "step", "watch", "--evidence", said, cwd=project).code == 0
    last = skc("respond", "export", "--format", "json", cwd=project).json["facts"]["timeline"][-1]
    assert last["facts"]["data"] == {"arrived": right}


def test_the_query_names_who_could_be_read_and_reads_nobody(app: App) -> None:
    app.client[app.name].people.insert_one({"email": "ada@example.org", "n": 1})
    app.client[app.name].orders.insert_one({"total": 3, "shippingAddress": "x"})
    assert app.run("respond", "start", "credentials-leaked").code == 0
    assert app.run("respond", "step", "keep-evidence", "--skip", "a test").code == 0
    ran = app.run("respond", "step", "who-was-read")
    assert ran.code == 0, ran.stderr
    (folder,) = (app.state / "incidents").iterdir()
    query = (folder / "affected.js").read_text()
    assert 'getCollection("people")' in query
    assert '"email": 1' in query
    assert '"shippingAddress": 1' in query
    assert "ada@example.org" not in "".join(path.read_text() for path in folder.iterdir())


def test_a_name_that_would_end_the_string_is_quoted() -> None:
    text = affected('a"b', {'c"); drop("': ["e-mail"]}, begins=None, ends=None)
    assert 'getSiblingDB("a\\"b")' in text
    assert 'getCollection("c\\"); drop(\\"")' in text


def test_logins_are_counted_by_address() -> None:
    def login(at: str, user: str, *, accepted: bool) -> LoginSeen:
        return LoginSeen(at=at, cluster="a", user=user, address="1.2.3.4", accepted=accepted)

    found = by_address([login("2", "app", accepted=True), login("1", "eve", accepted=False)])
    assert found["1.2.3.4"] == {
        "accepted": 1,
        "refused": 1,
        "users": ["app", "eve"],
        "first": "1",
        "last": "2",
    }
