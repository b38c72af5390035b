"""What a worker has, from its start to its end."""

import asyncio
import gc
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from typing import Any

from fastapi import FastAPI
from pymongo.errors import PyMongoError
from redis.exceptions import RedisError
from starlette.types import ASGIApp, Receive, Scope, Send

from skillconnect_ops.reference_api import logs, metrics
from skillconnect_ops.reference_api.app import application
from skillconnect_ops.reference_api.gate import Gate
from skillconnect_ops.reference_api.gate.limits import Limiter
from skillconnect_ops.reference_api.house import House
from skillconnect_ops.reference_api.mail import Outbox
from skillconnect_ops.reference_api.pings import Pings
from skillconnect_ops.reference_api.process import Given
from skillconnect_ops.reference_api.realtime import Realtime
from skillconnect_ops.reference_api.reload import Reloader
from skillconnect_ops.reference_api.settings import MONGO, REDIS, BadSettings, Problem
from skillconnect_ops.reference_api.stores import Current, Loaded
from skillconnect_ops.reference_api.workers import Board, starting

_GARBAGE = 20_000
"""So many more objects than before are looked through for circles; some hundred requests' worth."""


def serving(given: Given) -> ASGIApp:
    """The whole of it, for one worker.

    Raises:
        BadSettings: the settings are refused.
    """
    board = Board(given.run_folder)
    board.write(starting(os.getpid()))
    current = Current(_loaded(given))
    limiter = Limiter(workers=given.workers)
    houses: list[House] = []  # one, from the start on: a server asks for nothing before

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        with _logging(current, colour=given.colour):
            house = _house(given, current, limiter, board)
            houses.append(house)
            app.state.house = house
            async with _looked_after(house):
                _calm_the_collector()
                yield

    async def realtime(scope: Scope, receive: Receive, send: Send) -> None:
        await houses[0].realtime.app(scope, receive, send)

    app = application()
    app.router.lifespan_context = life
    return Gate(app, realtime=realtime, current=lambda: houses[0].current, limiter=limiter)


def _calm_the_collector() -> None:
    """What was imported stays; to look through it all again and again costs a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GARBAGE, 20, 20)


def _loaded(given: Given) -> Loaded:
    """The first settings, and the clients that they lead to; nothing is connected yet."""
    settings = given.source.read()
    try:
        return Loaded(settings)
    except (PyMongoError, ValueError, OSError) as error:
        name = MONGO if isinstance(error, PyMongoError) else f"{MONGO} or {REDIS}"
        problem = Problem(name, f"makes no client ({type(error).__name__})")
        raise BadSettings((problem,)) from error


@contextmanager
def _logging(current: Current, *, colour: bool) -> Iterator[None]:
    """To the folder; where there can be none, to stdout: a full disk ends no service."""
    settings = current.now.settings
    how: dict[str, Any] = {
        "level": settings.log_level,
        "development": not settings.production,
        "hidden": lambda: current.now.hidden,
        "colour": colour,
    }
    with ExitStack() as opened:
        try:
            opened.enter_context(logs.configure(folder=settings.log_dir, **how))
        except OSError as error:
            opened.enter_context(logs.configure(folder=None, **how))
            logs.get().warning("log_folder_unusable", folder=str(settings.log_dir), why=str(error))
        yield


def _house(given: Given, current: Current, limiter: Limiter, board: Board) -> House:
    return House(
        current=current,
        limiter=limiter,
        outbox=Outbox(),
        board=board,
        pings=Pings(),
        workers=given.workers,
        reloader=Reloader(given.source, current, board),
        realtime=Realtime(current, limiter),
    )


@asynccontextmanager
async def _looked_after(house: House) -> AsyncIterator[None]:
    """Its tasks run meanwhile; at the end all is closed, those who need the stores first."""
    await house.realtime.begin()
    await _tell_who_is_not_there(house)
    work = (house.reloader.watch(), house.realtime.look_after())
    tasks = [asyncio.create_task(one) for one in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await house.realtime.close()
        await house.outbox.close()
        await house.current.close()
        house.board.leave()
        metrics.leave()


async def _tell_who_is_not_there(house: House) -> None:
    """At the start, so that nobody has to guess why nothing is ready."""
    loaded = house.current.now
    for name, asked in ((MONGO, loaded.database.command("ping")), (REDIS, loaded.redis.ping())):
        try:
            await asked
        except (PyMongoError, RedisError, OSError) as error:
            logs.get().warning("store_does_not_answer", name=name, why=str(error))
