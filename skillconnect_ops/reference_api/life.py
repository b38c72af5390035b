"""What a worker has, from its start to its end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
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
from skillconnect_ops.reference_api.stores import Current, Loaded
from skillconnect_ops.reference_api.workers import Board


def serving(given: Given) -> ASGIApp:
    """The whole of it, for one worker.

    Raises:
        BadSettings: the settings are refused.
    """
    settings = given.source.read()
    limiter = Limiter(workers=given.workers)
    houses: list[House] = []  # one, from the start on: a server asks for nothing before

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        current = Current(Loaded(settings))
        with logs.configure(
            folder=settings.log_dir,
            level=settings.log_level,
            development=not settings.production,
            hidden=lambda: current.now.hidden,
            colour=given.colour,
        ):
            house = _house(given, current, limiter)
            houses.append(house)
            app.state.house = house
            async with _looked_after(house):
                yield

    async def realtime(scope: Scope, receive: Receive, send: Send) -> None:
        await houses[0].realtime.app(scope, receive, send)

    app = application()
    app.router.lifespan_context = life
    return Gate(app, realtime=realtime, current=lambda: houses[0].current, limiter=limiter)


def _house(given: Given, current: Current, limiter: Limiter) -> House:
    board = Board(given.run_folder)
    return House(
        current=current,
        limiter=limiter,
        outbox=Outbox(),
        board=board,
        pings=Pings(),
        reloader=Reloader(given.source, current, board),
        realtime=Realtime(current, limiter),
    )


@asynccontextmanager
async def _looked_after(house: House) -> AsyncIterator[None]:
    """Its tasks run meanwhile; at the end all is closed, those who need the stores first."""
    await house.realtime.begin()
    work = (house.reloader.watch(), house.realtime.look_after())
    tasks = [asyncio.create_task(one) for one in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)  # what failed was told when it did
        await house.realtime.close()
        await house.outbox.close()
        await house.current.close()
        house.board.leave()
        metrics.leave()
