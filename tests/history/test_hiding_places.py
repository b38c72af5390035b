"""Every place of a repository that can hold a secret, each with a fresh one."""

import re
from pathlib import Path

import pytest
from msgspec import Struct
from msgspec.structs import replace

from skillconnect_ops import run
from skillconnect_ops.core.report import Report
from skillconnect_ops.core.view import Table
from skillconnect_ops.terminal.options import Format
from skillconnect_ops.terminal.render import rendered
from skillconnect_ops.terminal.streams import Screen
from tests.history.hideouts import PLACES, Builder, Hideout

LISTED = Path(__file__).with_name("hiding_places.md")


class Searched(Struct, frozen=True):
    """The repository after one scan."""

    hideouts: list[Hideout]
    report: Report
    values: list[tuple[str, str]]
    """Place and value of everything that was found."""


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Searched:
    folder = tmp_path_factory.mktemp("hideouts")
    builder = Builder(folder)
    hideouts = builder.build()
    report = run(["secrets", "scan", str(builder.root), "--history", "--reveal"])
    assert report.error is None, report.error
    (table,) = (block for block in report.view if isinstance(block, Table))
    return Searched(
        hideouts, report, [(_unnumbered(str(row[0])), str(row[2])) for row in table.rows]
    )


@pytest.mark.parametrize("number", range(1, len(PLACES) + 1))
def test_a_hiding_place_is_found_and_named(searched: Searched, number: int) -> None:
    hideout = searched.hideouts[number - 1]
    places = [place for place, value in searched.values if hideout.secret in value]
    if not hideout.found:
        assert places == [], hideout.title
        return
    matching = [place for place in places if hideout.where in place]
    assert matching, (hideout.title, hideout.where, places)
    messages = [
        finding.message
        for finding in searched.report.findings
        if (finding.path or finding.subject) in matching
    ]
    assert any(hideout.says in message for message in messages), (hideout.title, messages)


@pytest.mark.parametrize("report_format", Format)
def test_no_value_is_in_any_format_but_the_table(searched: Searched, report_format: Format) -> None:
    report = replace(searched.report, view=())
    text = rendered(report, report_format=report_format, screen=Screen(width=None, colour=False))
    shown = [one.title for one in searched.hideouts if one.secret in text]
    assert not shown
    assert [one.title for one in searched.hideouts if _password(one.secret) in text] == []


def _unnumbered(place: str) -> str:
    return re.sub(r":\d+$", "", place)


def _password(secret: str) -> str:
    return secret.rpartition("@")[0].rpartition(":")[2] or secret


def test_what_is_not_here_is_named_as_not_looked_at(searched: Searched) -> None:
    unknown = {item.subject: item.reason for item in searched.report.unknown}
    assert "git lfs fetch" in unknown["dumps/elsewhere.js"]


def test_the_list_names_every_place(searched: Searched) -> None:
    listed = re.findall(r"^(\d+)\. (.+?)(?: \(not found.*)?$", LISTED.read_text(), re.MULTILINE)
    assert listed == [(str(one.number), one.title) for one in searched.hideouts]


def test_all_but_two_are_found() -> None:
    assert [title for title, _, found in PLACES if not found] == [
        "a value in two halves",
        "an LFS object that is elsewhere",
    ]
