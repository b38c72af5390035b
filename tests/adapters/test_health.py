"""Health answers, asked for over real HTTP on this machine."""

import socket
from typing import Any

import pytest

from skillconnect_ops.adapters.health import HttpHealthAnswers
from skillconnect_ops.core.outcome import Known, Missing
from skillconnect_ops.core.ports.health import Health
from tests.commands.rotate.health import consumer


def asked(answer: Any, *, patience_s: float = 5.0) -> Any:
    with consumer(lambda: answer) as one:
        return HttpHealthAnswers().ask(one.url, patience_s=patience_s)


def test_what_it_has_loaded_is_understood() -> None:
    said = {"status": "ok", "skc": {"A": "aaaa", "B": ["b", None], "C": None, "D": 3, "E": [{}]}}
    assert asked(said) == Known(Health(loaded={"A": "aaaa", "B": ("b", None), "C": None}))


@pytest.mark.parametrize("answer", [(200, "OK"), [], {"skc": 3}, (200, "[" * 100_000), {}])
def test_one_that_is_well_and_says_nothing_is_known_to_say_nothing(answer: Any) -> None:
    assert asked(answer) == Known(Health())


@pytest.mark.parametrize("answer", [(503, '{"skc": {}}'), (302, ""), (200, "x" * 300_000), None])
def test_one_that_is_not_well_is_missing(answer: Any) -> None:
    assert isinstance(asked(answer, patience_s=1.0), Missing)


def test_one_that_is_not_there_is_missing() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{held.getsockname()[1]}/health"
        assert isinstance(HttpHealthAnswers().ask(url, patience_s=1.0), Missing)
