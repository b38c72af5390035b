"""One WebSocket, and how long it may stay."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest
from starlette.types import Message

from skillconnect_ops.reference_api.realtime import wire
from skillconnect_ops.reference_api.realtime.wire import Wire

SOON_S = 0.1
Case = Callable[[Wire, "asyncio.Queue[Message]"], Awaitable[None]]


def run(case: Case, monkeypatch: pytest.MonkeyPatch) -> float:
    """How many seconds the case takes."""
    monkeypatch.setattr(wire, "ADMITTED_S", SOON_S)
    monkeypatch.setattr(wire, "_LEAVE_S", SOON_S)

    async def whole() -> None:
        came: asyncio.Queue[Message] = asyncio.Queue()
        async with asyncio.timeout(5):
            await case(Wire(came.get, "192.0.2.1"), came)

    began = time.monotonic()
    asyncio.run(whole())
    return time.monotonic() - began


def text(sent: str) -> Message:
    return {"type": "websocket.receive", "text": sent}


def test_who_does_not_say_who_they_are_is_sent_away(monkeypatch: pytest.MonkeyPatch) -> None:
    async def case(one: Wire, came: "asyncio.Queue[Message]") -> None:
        came.put_nowait(text("3"))
        assert (await one())["type"] == "websocket.receive"  # which wins no time
        assert (await one())["type"] == "websocket.disconnect"

    assert SOON_S / 2 < run(case, monkeypatch) < 2


def test_who_was_let_in_may_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    async def case(one: Wire, came: "asyncio.Queue[Message]") -> None:
        one.admit()
        asyncio.get_running_loop().call_later(4 * SOON_S, came.put_nowait, text("3"))
        assert (await one())["type"] == "websocket.receive"

    run(case, monkeypatch)


def test_whose_session_has_ended_is_sent_away_though_nothing_comes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def case(one: Wire, _: "asyncio.Queue[Message]") -> None:
        one.admit()
        waiting = asyncio.create_task(one())
        await asyncio.sleep(SOON_S)
        one.leave()
        assert (await waiting)["type"] == "websocket.disconnect"

    run(case, monkeypatch)


def test_to_leave_while_nobody_waits_ends_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    async def case(one: Wire, came: "asyncio.Queue[Message]") -> None:
        one.admit()
        came.put_nowait(text("3"))
        await one()
        one.leave()
        assert (await one())["type"] == "websocket.disconnect"

    run(case, monkeypatch)
