"""Ctrl-C, SIGTERM and SIGHUP reach a real `skc scrub` while one of its gits is about to begin."""

import pytest

from skillconnect_ops.journal.model import Standing
from tests.campaigns.scrub_shop import judge_old, judge_struck
from tests.campaigns.scrub_stage import Stage
from tests.campaigns.test_scrub_faults import INDEX, LONG, PACKING, each

CODES = {"INT": 130, "TERM": 143, "HUP": 143}
BEFORE = ("rev-parse", "cat-file", "bundle create", "index-pack", "update-ref")
"""Of the look, and of each step that can be taken back."""


def struck(stage: Stage, number: int, signal: str) -> tuple[int, str]:
    stage.set_back()
    stage.wrapper.arm(number, signal)
    ended = stage.skc(*stage.scrub)
    stage.wrapper.disarm()
    return ended.code, ended.said


@pytest.mark.parametrize(
    ("word", "signal"),
    each(BEFORE, tuple(CODES), [("index-pack", "INT"), ("update-ref", "TERM")]),
)
def test_before_the_turn_all_is_put_back(stage: Stage, word: str, signal: str) -> None:
    code, said = struck(stage, stage.nth(word), signal)
    assert code == CODES[signal], said
    judge_old(stage.shop, stage.before)
    stage.is_over()
    assert [*stage.shop.place.glob("state/skc/*/scrub/*")] == []
    assert stage.skc(*stage.scrub).code == 0
    stage.judge_new()


@pytest.mark.parametrize("signal", ["INT", pytest.param("TERM", marks=LONG)])
def test_past_the_turn_the_way_on_is_named_and_leads_there(stage: Stage, signal: str) -> None:
    code, said = struck(stage, stage.nth(INDEX), signal)
    assert code == 6, said
    ((journal, standing),) = stage.open_journals().items()
    assert standing == Standing.FORWARD_ONLY.value
    assert f"fix:   skc journal resume {journal}" in said
    assert judge_struck(stage.shop, stage.before) == "new"
    ended = stage.skc("journal", "resume", journal, "--yes")
    assert ended.code == 0, ended.said
    stage.judge_new()
    stage.is_over()


@pytest.mark.parametrize("word", [PACKING, pytest.param("fsck", marks=LONG)])
def test_in_the_last_step_it_comes_too_late(stage: Stage, word: str) -> None:
    code, said = struck(stage, stage.nth(word), "INT")
    assert code == 0, said
    assert "came too late" in said
    stage.judge_new()
    stage.is_over()


@pytest.mark.parametrize("signal", ["TERM", pytest.param("INT", marks=LONG)])
def test_in_the_look_afterwards_the_new_history_stays(stage: Stage, signal: str) -> None:
    code, said = struck(stage, stage.gits - 2, signal)
    assert code == CODES[signal], said
    stage.judge_new()
    stage.is_over()


@pytest.mark.parametrize("signal", [pytest.param(one, marks=LONG) for one in CODES])
def test_at_every_git_it_is_old_or_there_is_a_way_on(stage: Stage, signal: str) -> None:
    for number in range(1, stage.gits + 1):
        code, said = struck(stage, number, signal)
        found = judge_struck(stage.shop, stage.before)
        assert code in {CODES[signal], 6, 0}, f"{number}: {code} {said}"
        if code == 6:
            ((journal, _),) = stage.open_journals().items()
            assert journal in said, number
            ended = stage.skc("journal", "resume", journal, "--yes")
            assert ended.code == 0, f"{number}: {ended.said}"
        elif found == "old":
            judge_old(stage.shop, stage.before)
        if found == "new":
            stage.judge_new()
        stage.is_over()
