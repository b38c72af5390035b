"""What one worker has: its stores, its limiter, its mail, its place on the board."""

from fastapi import Request
from msgspec import Struct

from skillconnect_ops.reference_api.gate.limits import Limiter
from skillconnect_ops.reference_api.mail import Outbox
from skillconnect_ops.reference_api.pings import Pings
from skillconnect_ops.reference_api.realtime import Realtime
from skillconnect_ops.reference_api.reload import Reloader
from skillconnect_ops.reference_api.stores import Current
from skillconnect_ops.reference_api.workers import Board


class House(Struct, frozen=True, kw_only=True):
    """All of it, from the start of a worker to its end."""

    current: Current
    limiter: Limiter
    outbox: Outbox
    board: Board
    pings: Pings
    workers: int
    """How many there should be."""
    reloader: Reloader
    realtime: Realtime


def of(request: Request) -> House:
    """The worker's."""
    house = request.app.state.house
    if not isinstance(house, House):
        raise TypeError("the application has not been started")
    return house
