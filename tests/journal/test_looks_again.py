"""A run that died is looked at again before it goes on: others may have ended what it had done."""

import os
from collections.abc import Mapping
from typing import Any

import pytest

from skillconnect_ops.core.plan import Plan, Subject, Walk
from skillconnect_ops.core.ports.database import ServerLost
from skillconnect_ops.disk.files import Disk
from skillconnect_ops.journal.errors import NotLookedAt
from skillconnect_ops.journal.kinds import Kind
from skillconnect_ops.journal.model import Choices, NotNeeded, Standing
from skillconnect_ops.journal.office import Office
from skillconnect_ops.journal.resources import Resource
from tests.campaigns.world import Arena, FilePut, Files, PutHandler, Quiet, RealClock

DIES = 9


class Lasts(PutHandler):
    """Puts files, dies where it is told to, and can say whether what it put is still there."""

    def __init__(self, files: Files, *, dies: str = "", lost: bool = False) -> None:
        super().__init__(files)
        self._of = files
        self._dies = dies
        self._lost = lost
        self.done: list[str] = []

    def apply(self, step: FilePut, walk: Walk) -> Mapping[str, Any]:
        if step.key == self._dies:
            os._exit(DIES)
        self.done.append(step.key)
        return super().apply(step, walk)

    def lasts(self, step: FilePut, walk: Walk) -> bool:
        if self._lost:
            raise ServerLost("no answer", why="it is gone", fix="wait")
        return self._of.get(step.name) == step.text


def plan(*, final: bool) -> Plan:
    steps = tuple(FilePut(key=f"put:{name}", name=name, text="new") for name in ("a", "b"))
    return Plan(
        command="work",
        subject=Subject(),
        state="s",
        steps=() if final else steps,
        final=steps if final else (),
    )


def office(arena: Arena, handler: Lasts) -> Office:
    return Office(
        folder=arena.state,
        disk=Disk(),
        clock=RealClock(),
        kinds=[Kind(FilePut, lambda _: handler)],
    )


def died(arena: Arena, *, final: bool) -> str:
    """A run that died in its second step; gives its journal's id."""
    child = os.fork()
    if child == 0:
        try:
            office(arena, Lasts(arena.files, dies="put:b")).carry_out(
                lambda: plan(final=final),
                person=Quiet(),
                resources=[Resource("files", "w")],
                consent=NotNeeded(),
                choices=Choices(),
            )
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == DIES
    (state,) = office(arena, Lasts(arena.files)).journals()
    return state.id


@pytest.mark.parametrize("final", [False, True])
def test_what_somebody_has_ended_since_is_done_again(arena: Arena, final: bool) -> None:
    name = died(arena, final=final)
    arena.files.put("a", "theirs")
    handler = Lasts(arena.files)
    office(arena, handler).resume(name, Quiet())
    assert handler.done == ["put:a", "put:b"]
    assert (arena.files.get("a"), arena.files.get("b")) == ("new", "new")


@pytest.mark.parametrize("final", [False, True])
def test_what_still_stands_is_left_alone(arena: Arena, final: bool) -> None:
    name = died(arena, final=final)
    handler = Lasts(arena.files)
    office(arena, handler).resume(name, Quiet())
    assert handler.done == ["put:b"]


@pytest.mark.parametrize("final", [False, True])
def test_where_nobody_can_look_the_run_stays_as_it_is(arena: Arena, final: bool) -> None:
    name = died(arena, final=final)
    with pytest.raises(NotLookedAt) as caught:
        office(arena, Lasts(arena.files, lost=True)).resume(name, Quiet())
    assert caught.value.fix == f"skc journal resume {name}"
    assert caught.value.journal == name
    state = office(arena, Lasts(arena.files)).journal(name)
    assert state.standing is (Standing.FORWARD_ONLY if final else Standing.INTERRUPTED)
    assert arena.files.get("a") == "new"
    office(arena, Lasts(arena.files)).resume(name, Quiet())
    assert arena.files.get("b") == "new"


def test_what_was_done_again_is_put_back_to_how_it_was_at_first(arena: Arena) -> None:
    before = arena.files.get("a")
    name = died(arena, final=False)
    arena.files.put("a", None)

    class Fails(Lasts):
        def verify(self, step: FilePut, walk: Walk) -> Any:
            if step.key == "put:b":
                raise ServerLost("no answer", why="it is gone", fix="wait")
            return super().verify(step, walk)

    with pytest.raises(Exception, match="no answer"):
        office(arena, Fails(arena.files)).resume(name, Quiet())
    assert arena.files.get("a") == before
