"""Runbooks: what is wrong is said with its line; those that are shipped are right."""

import re
import shlex

import pytest

from skillconnect_ops.commands.respond import reading
from skillconnect_ops.commands.respond.model import ACTS, Need, RunbookStep, Station
from skillconnect_ops.commands.respond.needs import LOOKS
from skillconnect_ops.core.resources import template
from skillconnect_ops.core.settings.errors import SettingsInvalid
from tests.commandlines import parse
from tests.commands.respond.conftest import RUNBOOK

SHIPPED = {
    name: reading.read(template(f"runbooks/{name}.yaml"), file=name) for name in reading.shipped()
}
STEPS = [(name, step) for name, book in SHIPPED.items() for step in book.steps]


def test_a_runbook_is_read() -> None:
    book = reading.read(RUNBOOK, file="small.yaml")
    assert [step.id for step in book.steps] == ["keep", "shut", "ask", "tell", "clean"]
    assert book.steps[0].station is Station.EVIDENCE
    assert book.steps[2].decision is not None
    assert book.steps[2].decision.options[1].skips == ("tell",)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("within: 5m", "within: soon", r"line 8: phases\[0\].within is no length of time"),
        ("station: evidence", "station: proof", r"line 13: .*must be one of evidence, contain"),
        ("title: Shut", "titel: Shut", r"line 18: .*did you mean title\?"),
        ("id: shut", "id: keep", r"line 17: phases\[0\].steps\[1\].id is that of"),
        ("after: [shut]", "after: [tell]", r'line 28: .*names "tell"'),
        ("skips: [tell]", "skips: [nobody]", r'line 33: .*names "nobody"'),
        ("manual: [call them]", "manual: []", r"phases\[1\].steps\[0\] has no manual way"),
        ("{target}", "{password}", r"line 16: .*has \{password\}"),
        ('["skc secrets generate"]', "[keep-evidense]", r"line 15: .*neither a command of skc"),
        ('["skc secrets generate"]', "[rm -rf /]", r"line 15: .*neither a command of skc"),
        ("- {id: bad, title: it was}\n", "\n", r"line 33: .*has no choice between answers"),
        ("version: 1", "version: 2", r"line 1: version 2 is newer"),
        ("id: keep", "id: next", r"line 10: .*is no id"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(old: str, new: str, says: str) -> None:
    assert old in RUNBOOK
    with pytest.raises(SettingsInvalid) as caught:
        reading.read(RUNBOOK.replace(old, new, 1), file="small.yaml")
    assert re.search(says, caught.value.what), caught.value.what


def test_an_act_that_is_nearly_right_is_named() -> None:
    text = RUNBOOK.replace('["skc secrets generate"]', "[keep-evidense]", 1)
    with pytest.raises(SettingsInvalid) as caught:
        reading.read(text, file="small.yaml")
    assert "keep-evidence" in caught.value.fix


def test_braces_that_are_no_placeholder_stay() -> None:
    given = {"target": "production"}
    text = "db.adminCommand({usersInfo: {forAllDBs: true}}) of {target} in {incident}"
    assert reading.filled(text, given) == text.replace("{target}", "production")


@pytest.mark.parametrize(("name", "step"), STEPS, ids=[f"{n}-{s.id}" for n, s in STEPS])
def test_a_shipped_step_runs_commands_that_there_are(name: str, step: RunbookStep) -> None:
    for line in step.auto:
        if line.startswith("skc "):
            parse(
                shlex.join(
                    reading.filled(word, dict.fromkeys(("target", "repository", "bundle"), "x"))
                    for word in shlex.split(line)
                )
            )
        else:
            assert line in ACTS
    for text in step.manual:
        for typed in re.findall(r"`(skc [^`]*)`", text):
            parse(typed)


def test_the_order_of_a_leak_is_the_one_that_loses_nothing() -> None:
    steps = [step for step in SHIPPED["credentials-leaked"].steps if step.station is not None]
    places = [step.station.place for step in steps if step.station is not None]
    assert places == sorted(places)
    assert {step.station for step in steps} == set(Station)


def test_every_need_has_a_look() -> None:
    assert set(LOOKS) == set(Need)
