"""`skc api` and its child, which refuses, crashes, hangs, or is killed with us."""

import json
import os
import re
import shlex
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from skillconnect_ops.adapters.embedded.process import free_port
from skillconnect_ops.commands.api import program, run
from tests.commands.api.conftest import Start, processes_of, status, wait_until_gone
from tests.conftest import Skc

Standin = Callable[[str], None]


def key_of(project: Path) -> str:
    return (project / ".env").read_text().partition("JWT_SECRET_KEY=")[2].strip()


def port_of(project: Path) -> int:
    return int((project / ".env").read_text().partition("PORT=")[2].split("\n")[0])


def test_settings_that_are_refused_are_told_in_the_child_s_words_without_a_secret(
    skc: Skc, project: Path, standin: Standin
) -> None:
    standin("refuses")
    ran = skc("api", cwd=project)
    assert ran.code == 4
    assert ran.stdout == ""
    assert ran.stderr.endswith(
        "error: bad settings\nwhy:   *** is weak\nfix:   skc env set JWT_SECRET_KEY\n"
    )
    assert ran.stderr.count("bad settings") == 1
    assert "the key is ***" in ran.stderr
    assert key_of(project)[:8] not in ran.stderr


def test_a_child_that_crashes_is_an_error_with_its_last_words(
    skc: Skc, project: Path, standin: Standin
) -> None:
    standin("crashes")
    ran = skc("api", "--format", "json", cwd=project)
    assert ran.code == 4
    error = ran.json["error"]
    assert error["what"] == "the API ended before it could serve"
    assert error["why"] == "it ended with exit code 9; it said last: Traceback: it fell over"


def test_a_child_that_never_gets_ready_is_ended(
    skc: Skc, project: Path, standin: Standin, monkeypatch: pytest.MonkeyPatch
) -> None:
    standin("never-ready")
    monkeypatch.setattr(run, "READY_S", 0.5)
    ran = skc("api", cwd=project)
    assert ran.code == 4
    assert "the API was not ready after 0.5 s" in ran.stderr
    assert processes_of(project) == {}


def test_a_child_that_cannot_be_run_is_said(
    skc: Skc, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program, "START", ("/nonexistent/python",))
    ran = skc("api", cwd=project)
    assert ran.code == 4
    assert "python cannot be run\nwhy:   No such file or directory" in ran.stderr


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 143)]
)
def test_a_signal_lets_it_end_and_the_report_comes_on_stdout(
    start: Start, project: Path, number: signal.Signals, code: int
) -> None:
    api = start("--format", "json", fault="none")
    said = api.until("Ctrl-C ends it")
    url = f"http://127.0.0.1:{port_of(project)}"
    assert f"the API listens on {url} with 1 worker" in said
    assert f"try it: curl {url}/health" in said
    assert status(url) == 200
    assert api.ends(number) == code
    report = json.loads(api.data)
    assert report["status"] == "interrupted"
    assert report["error"] is None
    served = report["facts"]["api"]
    assert (served["url"], served["workers"], served["killed"]) == (url, 1, False)
    assert served["env_file"] == str(project / ".env")
    assert served["embedded"] is False
    assert report["next"] == ["skc api --format json"]
    assert processes_of(project) == {}


def test_what_it_prints_comes_on_stderr_each_time_and_steers_no_terminal(
    start: Start, project: Path
) -> None:
    api = start(fault="none")
    api.until("Ctrl-C ends it")
    for _ in range(2):
        assert status(f"http://127.0.0.1:{port_of(project)}/twice") == 200
    until = time.monotonic() + 10
    while api.said.count("warning: /twice\n") < 2:
        assert time.monotonic() < until, api.said
        time.sleep(0.02)
    assert "escape \\x1b[2J\n" in api.said
    assert api.ends(signal.SIGINT) == 130
    assert re.fullmatch(r"the API has ended; it served for [0-9.]+ s\n", api.data)


def test_a_child_that_does_not_end_in_time_is_killed(start: Start, project: Path) -> None:
    api = start("--format", "json", fault="ignores", drained_s=0.5)
    api.until("Ctrl-C ends it")
    assert api.ends(signal.SIGTERM) == 143
    assert json.loads(api.data)["facts"]["api"]["killed"] is True
    assert processes_of(project) == {}


def test_a_second_ctrl_c_kills_it_at_once(start: Start, project: Path) -> None:
    api = start(fault="ignores", drained_s=600)
    api.until("Ctrl-C ends it")
    api.process.send_signal(signal.SIGINT)
    api.until("Ctrl-C ends it at once")
    time.sleep(0.3)
    assert api.process.poll() is None
    assert api.ends(signal.SIGINT) == 130
    assert "the API was killed" in api.data
    assert processes_of(project) == {}


@pytest.mark.parametrize("fault", ["none", "ignores"])
def test_nothing_is_left_when_skc_is_killed(start: Start, project: Path, fault: str) -> None:
    api = start(fault=fault)
    api.until("Ctrl-C ends it")
    assert len(processes_of(project)) == 4  # skc, the keeper, the API, its worker
    assert api.ends(signal.SIGKILL) == -9
    wait_until_gone(project)


def test_nothing_is_left_when_its_keeper_is_killed(start: Start, project: Path) -> None:
    api = start(fault="none")
    api.until("Ctrl-C ends it")
    (keeper,) = (
        number for number, line in processes_of(project).items() if "services/keeper.py" in line
    )
    os.kill(keeper, signal.SIGKILL)
    assert api.ends() == 4
    assert "signal 9 ended it" in api.said
    wait_until_gone(project)


def test_one_that_ends_by_itself_is_an_error_and_its_workers_end_with_it(
    start: Start, project: Path
) -> None:
    api = start(fault="ends")
    assert api.ends() == 4
    assert "error: the API ended by itself\nwhy:   signal 9 ended it" in api.said
    assert processes_of(project) == {}


def test_variables_of_skc_are_not_the_child_s(start: Start, project: Path) -> None:
    exported = {"SKC_MONGO_ADMIN_URI": "mongodb://127.0.0.1:1/", "LOG_LEVEL": "debug"}
    said = start(fault="tells", env=exported).until("variables ")
    (line,) = (line for line in said.splitlines() if line.startswith("variables "))
    assert "LOG_LEVEL" in line.split()
    assert "SKC_" not in line


def test_a_port_that_is_taken_is_said_before_anything_starts(
    skc: Skc, project: Path, standin: Standin
) -> None:
    standin("none")
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", port_of(project)))
        listening.listen()
        ran = skc("api", cwd=project)
    assert ran.code == 4
    assert f"port {port_of(project)} of 127.0.0.1 is taken" in ran.stderr
    assert f"ss -ltnp 'sport = :{port_of(project)}'" in ran.stderr
    assert "the key is" not in ran.stderr


def test_a_taken_port_stops_an_embedded_one_before_its_servers(skc: Skc, tmp_path: Path) -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port = str(listening.getsockname()[1])
        ran = skc("api", "--embedded", "--port", port, "--folder", "new")
    assert ran.code == 4
    assert "start on this machine" not in ran.stderr
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("host", "words"),
    [("192.0.2.1", "--host"), ("no.such.host.invalid", "--host")],
)
def test_an_address_that_is_not_this_machine_s_is_refused(
    skc: Skc, project: Path, standin: Standin, host: str, words: str
) -> None:
    standin("none")
    ran = skc("api", "--host", host, cwd=project)
    assert ran.code == 4
    assert words in ran.stderr


@pytest.mark.parametrize("module", ["fastapi", "argon2"])
def test_without_the_extra_it_says_what_to_install(
    skc: Skc, project: Path, standin: Standin, monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    standin("none")
    monkeypatch.setitem(sys.modules, module, None)
    ran = skc("api", cwd=project)
    assert ran.code == 4
    assert module in ran.stderr
    assert "fix:   pip install 'skillconnect-ops[api]'" in ran.stderr


def test_a_missing_env_file_is_said(skc: Skc, tmp_path: Path) -> None:
    ran = skc("api", cwd=tmp_path)
    assert ran.code == 4
    assert f"there is no {tmp_path}/.env" in ran.stderr
    assert "fix:   skc api --embedded" in ran.stderr
    ran = skc("api", "--env-file", "elsewhere.env", cwd=tmp_path)
    assert f"there is no {tmp_path}/elsewhere.env" in ran.stderr


def test_the_env_file_is_the_target_s_where_there_is_a_project(skc: Skc, tmp_path: Path) -> None:
    (tmp_path / "skc.yaml").write_text(
        "version: 1\nproject: {id: a1, name: p}\ntargets:\n"
        "  one: {env_files: [backend/.env, other]}\n  two: {env_files: [two.env]}\n"
    )
    (tmp_path / "deep").mkdir()
    ran = skc("api", "--target", "one", cwd=tmp_path / "deep")
    assert f"there is no {tmp_path}/backend/.env" in ran.stderr
    assert "fix:   skc api --embedded   # starts servers of its own" in ran.stderr
    assert skc("api", cwd=tmp_path).code == 4
    ran = skc("api", "--env-file", "three.env", cwd=tmp_path)
    assert f"there is no {tmp_path}/three.env" in ran.stderr


@pytest.mark.parametrize("port", ["http", "0", "65536", "-1", "40.0"])
def test_a_port_that_is_none_is_refused(skc: Skc, project: Path, port: str) -> None:
    (project / ".env").write_text(f"PORT={port}\n")
    ran = skc("api", cwd=project)
    assert ran.code == 4
    assert "PORT is no port" in ran.stderr


def test_a_port_of_the_environment_goes_before_that_of_the_file(
    skc: Skc, project: Path, standin: Standin
) -> None:
    standin("crashes")
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port = str(listening.getsockname()[1])
        ran = skc("api", cwd=project, env={"PORT": port})
    assert f"port {port} of 127.0.0.1 is taken" in ran.stderr


@pytest.mark.parametrize(
    ("options", "fix"),
    [
        (("--keep",), "skc api --keep --embedded"),
        (("--folder", "d"), "skc api --folder d --embedded"),
        (("--embedded", "--keep"), "skc api --embedded --keep --folder ./skc-api"),
        (
            ("--embedded", "--env-file", "my .env"),
            "skc api --embedded   # or, on servers that are there: skc api --env-file 'my .env'",
        ),
        (
            ("--target", "t", "--embedded"),
            "skc api --embedded   # or, on servers that are there: skc api --target t",
        ),
    ],
)
def test_options_that_mean_nothing_together_are_a_mistake_with_the_command_to_type(
    skc: Skc, project: Path, options: tuple[str, ...], fix: str
) -> None:
    ran = skc("api", *options, cwd=project)
    assert ran.code == 2
    assert "goes with" in ran.stderr or "go with" in ran.stderr
    assert f"fix:   {fix}\n" in ran.stderr


@pytest.mark.parametrize(
    ("folder", "instead"),
    [
        (("--folder", "."), ("--folder", "skc-api-2")),
        (("--folder=.env",), ("--folder=.env-2",)),
        (("--folder", "{here}/skc-api"), ("--folder", "{here}/skc-api-3")),
    ],
)
def test_a_folder_that_holds_something_is_refused_and_a_free_one_named(
    skc: Skc, project: Path, folder: tuple[str, ...], instead: tuple[str, ...]
) -> None:
    for name in ("skc-api", "skc-api-2"):
        (project / name).mkdir(exist_ok=True)
    (project / "skc-api" / "file").touch()
    if folder[1:] == (".",):
        (project / "skc-api-2").rmdir()
    port = ("--port", str(free_port()))
    options = [word.format(here=project) for word in folder]
    ran = skc("api", "--embedded", *options, *port, "--workers", "2", cwd=project)
    assert ran.code == 3
    assert "is not empty" in ran.stderr
    named = [word.format(here=project) for word in instead]
    fix = shlex.join(("skc", "api", "--embedded", *named, *port, "--workers", "2"))
    assert f"fix:   {fix}\n" in ran.stderr
    assert (project / ".env").exists()
