"""One event is one line, and an exception is told as fields."""

import json
import unicodedata

import pytest

from skillconnect_ops.reference_api.logs.lines import json_line, pretty_line, told

EVENT = {"timestamp": "2026-03-01T10:11:12.345678Z", "level": "info", "event": "x"}
FORGED = "\r\n2026-03-01 error forged \x1b[2J\x85\u2028\u2029\x9b31m\x7f\u202e\x00"


def test_no_value_forges_a_json_line_or_speaks_to_a_terminal() -> None:
    event = {**EVENT, "event": FORGED, "a": [{FORGED: FORGED}]}
    line = json_line(event, 10_000)
    assert json.loads(line) == event
    assert len(line.decode().splitlines()) == 1
    assert all(unicodedata.category(each)[0] != "C" for each in line.decode().rstrip("\n"))


def test_no_value_forges_a_pretty_line_or_speaks_to_a_terminal() -> None:
    event = {**EVENT, "event": FORGED, FORGED: FORGED, "a": {"b": FORGED}}
    line = pretty_line(event, coloured=False).decode()
    assert len(line.splitlines()) == 1
    assert all(unicodedata.category(each)[0] != "C" for each in line.rstrip("\n"))


def test_a_line_for_a_person_names_time_level_event_and_fields() -> None:
    event = {**EVENT, "service": "s", "event": "user left", "path": "/a", "why": "so it is", "n": 1}
    assert pretty_line(event, coloured=False) == (
        b'10:11:12.345 info     user left path=/a why="so it is" n=1\n'
    )
    assert b"\x1b[32minfo" in pretty_line(event, coloured=True)


def test_a_stack_stands_below_and_no_line_of_it_passes_for_an_event() -> None:
    event = {**EVENT, "stack": "one\n  two\n10:11:12.345 error forged\r\x1b[2J\n"}
    lines = pretty_line(event, coloured=False).decode().splitlines()
    assert lines[1:] == [
        "    one",
        "      two",
        "    10:11:12.345 error forged\\u000d\\u001b[2J",
    ]


@pytest.mark.parametrize("filling", ["x", "\x01", "ü", "\u2028", '"', "\U0001f600"])
@pytest.mark.parametrize("longest_bytes", [400, 4096])
def test_a_long_line_is_cut_and_stays_json(filling: str, longest_bytes: int) -> None:
    event = {
        **EVENT,
        "event": "short",
        "request_id": "r" * 26,
        "one": filling * 20_000,
        "two": [filling * 500] * 20,
    }
    line = json_line(event, longest_bytes)
    assert len(line) <= longest_bytes
    found = json.loads(line)
    assert list(found)[:5] == ["timestamp", "level", "event", "request_id", "one"]
    assert (found["event"], found["request_id"]) == ("short", "r" * 26)
    assert found["one"].endswith("…")
    assert found["cut_from_bytes"] > 20_000


def test_a_line_of_too_many_fields_is_cut_too() -> None:
    line = json_line({**EVENT, **{f"field{at}": at for at in range(1000)}}, 1000)
    assert len(line) <= 1000
    assert json.loads(line)["event"] == "x"


class Odd(Exception):
    def __str__(self) -> str:
        raise RuntimeError


def raised(error: BaseException, *, cause: BaseException | None = None) -> BaseException:
    try:
        raise error from cause  # noqa: TRY301 - it shall have a place
    except BaseException as caught:  # noqa: BLE001
        return caught


def test_an_exception_is_told_with_type_message_place_and_cause() -> None:
    error = raised(KeyError("outer"), cause=raised(json.JSONDecodeError("inner", "", 0)))
    fields = told(error, development=False)
    assert set(fields) == {"exception"}
    exception = fields["exception"]
    assert exception["type"] == "KeyError"
    assert exception["message"] == "'outer'"
    assert exception["at"].startswith("reference_api/test_log_lines.py:")
    assert exception["at"].endswith(" in raised")
    assert exception["cause"]["type"] == "json.decoder.JSONDecodeError"
    assert exception["cause"]["message"].startswith("inner")


def test_a_stack_is_told_in_development_only() -> None:
    error = raised(KeyError("outer"), cause=raised(ValueError("inner")))
    stack = told(error, development=True)["stack"]
    assert "Traceback" in stack
    assert "ValueError: inner" in stack
    assert "raise error from cause" in stack


def test_a_group_is_told_with_its_parts() -> None:
    group = raised(ExceptionGroup("several", [ValueError("a"), KeyError("b")]))
    parts = told(group, development=False)["exception"]["parts"]
    assert [(each["type"], each["message"]) for each in parts] == [
        ("ValueError", "a"),
        ("KeyError", "'b'"),
    ]


def test_causes_that_go_round_in_a_circle_end() -> None:
    one, two = ValueError("one"), ValueError("two")
    one.__cause__, two.__cause__ = two, one
    assert "two" in json.dumps(told(one, development=False))


def test_an_exception_that_cannot_be_printed_is_told_as_well() -> None:
    fields = told(raised(Odd()), development=True)
    assert fields["exception"]["message"] == "?"


def test_without_an_exception_nothing_is_told() -> None:
    assert told(True, development=True) == {}
    assert told((None, None, None), development=True) == {}
