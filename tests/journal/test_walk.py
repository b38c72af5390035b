"""What a handler sees of a signal: `stopped()` turns true, but never while things are put back."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from skillconnect_ops.core.errors import Stop
from skillconnect_ops.core.exits import Exit
from skillconnect_ops.core.plan import Image, Plan, Proof, Subject, Walk
from skillconnect_ops.disk.files import Disk
from skillconnect_ops.journal.errors import NotFinished
from skillconnect_ops.journal.kinds import Kind
from skillconnect_ops.journal.model import Choices, NotNeeded
from skillconnect_ops.journal.office import Office
from skillconnect_ops.journal.resources import Resource
from skillconnect_ops.journal.signals import Signals, Watch
from tests.campaigns.world import Arena, FilePut, Quiet, RealClock


class Played(Signals):
    """Signals that a test sends."""

    def __init__(self) -> None:
        self.watch = Watch()

    @contextmanager
    def watching(self) -> Iterator[Watch]:
        yield self.watch


class Worker:
    """A handler whose work is done by a thread, as that of a parallel dump is."""

    def __init__(self, played: Played) -> None:
        self.played = played
        self.seen: list[tuple[str, bool]] = []
        self.ended = False

    def before(self, step: FilePut, walk: Walk) -> Image:
        self.seen.append(("before", walk.stopped()))
        return {}

    def apply(self, step: FilePut, walk: Walk) -> Mapping[str, Any]:
        def work() -> None:
            while not walk.stopped():
                threading.Event().wait(0.001)
            self.ended = True

        thread = threading.Thread(target=work)
        thread.start()
        try:
            self.played.watch.notice(Exit.SIGINT)
        finally:
            thread.join(5)
            self.seen.append(("apply", walk.stopped()))
        return {}

    def verify(self, step: FilePut, walk: Walk) -> Sequence[Proof]:
        return []

    def undo(self, step: FilePut, image: Image, walk: Walk) -> None:
        self.played.watch.notice(Exit.SIGTERM)
        self.seen.append(("undo", walk.stopped()))


def walked(arena: Arena, worker: Worker, played: Played, *, final: bool) -> None:
    step = FilePut(key="put:a", name="a", text="x")
    after = FilePut(key="put:b", name="b", text="x")
    steps = (step, after)
    plan = Plan(
        command="work",
        subject=Subject(),
        state="s",
        steps=() if final else steps,
        final=steps if final else (),
    )
    office = Office(
        folder=arena.state,
        disk=Disk(),
        clock=RealClock(),
        kinds=[Kind(FilePut, lambda _: worker)],
        signals=played,
    )
    office.carry_out(
        lambda: plan,
        person=Quiet(),
        resources=[Resource("files", "w")],
        consent=NotNeeded(),
        choices=Choices(),
    )


def test_a_signal_ends_the_threads_of_a_step_and_puts_it_back(arena: Arena) -> None:
    played = Played()
    worker = Worker(played)
    with pytest.raises(Stop) as caught:
        walked(arena, worker, played, final=False)
    assert worker.ended
    assert worker.seen == [("before", False), ("apply", True), ("undo", False)]
    assert caught.value.exit is Exit.SIGINT
    assert caught.value.journal is not None
    assert [step.outcome.value for step in caught.value.steps] == ["failed", "skipped"]


def test_past_the_turn_a_signal_waits_for_the_step(arena: Arena) -> None:
    played = Played()
    worker = Worker(played)
    with pytest.raises(NotFinished) as caught:
        walked(arena, worker, played, final=True)
    assert worker.ended
    assert worker.seen == [("before", False), ("apply", True)]
    assert [step.outcome.value for step in caught.value.steps] == ["done", "skipped"]
    assert "Ctrl-C came" in caught.value.why


def test_a_signal_raises_only_inside_an_interruptible_block() -> None:
    watch = Watch()
    watch.notice(Exit.SIGTERM)
    assert watch.stopped()
    with pytest.raises(Stop), watch.interruptible():
        raise AssertionError("never")
    assert not watch.again
    watch.notice(Exit.SIGINT)
    assert watch.first is Exit.SIGTERM
    assert watch.again


def test_outside_the_main_thread_no_signal_is_taken_over() -> None:
    seen: list[bool] = []

    def work() -> None:
        with Signals().watching() as watch:
            seen.append(watch.stopped())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [False]
