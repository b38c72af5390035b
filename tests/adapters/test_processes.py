"""Children: what they are given, what they say, and that they end."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from skillconnect_ops.adapters.processes import Children
from skillconnect_ops.adapters.system import MovedEnvironment, ProcessEnvironment
from skillconnect_ops.core.ports.processes import ProgramFailed
from skillconnect_ops.core.secret import Secret

ECHO = """
import os, sys
print(os.getpid(), flush=True)
for line in sys.stdin:
    print(line.strip() * 2, flush=True)
"""
DEAF = """
import os, time
print(os.getpid(), flush=True)
time.sleep(600)
"""


@pytest.fixture
def children() -> Children:
    return Children(ProcessEnvironment({"PATH": os.environ["PATH"], "AWS_SECRET": "x"}))


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_program_gets_its_input_and_little_else(children: Children, tmp_path: Path) -> None:
    code = "import os, sys; print(sys.stdin.read(), sorted(os.environ), os.getcwd())"
    said = children.run(
        *(sys.executable, "-c", code),
        folder=tmp_path,
        given=Secret("hush"),
        variables={"ONE": "1"},
    )
    assert said == f"hush\n ['LC_ALL', 'ONE', 'PATH'] {tmp_path}\n"


def test_a_failure_names_program_and_last_words(children: Children, tmp_path: Path) -> None:
    with pytest.raises(ProgramFailed, match="did not do its work") as caught:
        children.run(sys.executable, "-c", "raise SystemExit('no space')", folder=tmp_path)
    assert caught.value.why == "no space"


def test_a_program_that_is_not_there_is_named(children: Children, tmp_path: Path) -> None:
    with pytest.raises(ProgramFailed, match="no-such-program cannot be run"):
        children.run("no-such-program", folder=tmp_path)


def test_a_conversation_ends_with_its_block(children: Children, tmp_path: Path) -> None:
    with children.talk(sys.executable, "-c", ECHO, folder=tmp_path, given=Secret("a")) as child:
        pid = int(child.hear())
        assert child.hear() == "aa"
        child.say("b")
        assert child.hear() == "bb"
        assert lives(pid)
    assert not lives(pid)


def test_a_child_that_will_not_end_is_killed(
    children: Children, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skillconnect_ops.adapters.processes._PATIENCE_S", 0.2)
    heard: list[int] = []

    def leave() -> None:
        with children.talk(sys.executable, "-c", DEAF, folder=tmp_path, given=Secret("a")) as child:
            heard.append(int(child.hear()))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        leave()
    assert not lives(heard[0])


def test_a_child_that_died_is_noticed(children: Children, tmp_path: Path) -> None:
    with children.talk(sys.executable, "-c", ECHO, folder=tmp_path, given=Secret("a")) as child:
        pid = int(child.hear())
        child.hear()
        os.kill(pid, signal.SIGKILL)
        while _is_running(pid):
            time.sleep(0.01)
        child.say("b")
        with pytest.raises(ProgramFailed, match="did not do its work") as caught:
            child.hear()
        assert "-9" in caught.value.why


def _is_running(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


def test_an_environment_elsewhere_hides_the_settings_of_here(tmp_path: Path) -> None:
    here = ProcessEnvironment({"HOME": "/h", "SKC_MONGO_ADMIN_URI": "production", "PATH": "/bin"})
    there = MovedEnvironment(here, folder=tmp_path, variables={"SKC_TARGET": "t", "PATH": "/b"})
    assert there.get("SKC_MONGO_ADMIN_URI") is None
    assert (there.get("SKC_TARGET"), there.get("PATH"), there.get("HOME")) == ("t", "/b", "/h")
    assert there.folder == tmp_path
    assert there.state_home == Path("/h/.local/state/skc")
