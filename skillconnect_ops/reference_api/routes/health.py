"""How the program is: for load balancers, for `skc rotate`, for Prometheus."""

import time
from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from skillconnect_ops.reference_api import house, metrics, workers
from skillconnect_ops.reference_api.errors import ApiError, Code
from skillconnect_ops.reference_api.gate.exchange import of as exchange_of
from skillconnect_ops.reference_api.gate.paths import DESCRIPTION, HEALTH, METRICS, READY
from skillconnect_ops.reference_api.models.told import Health, HealthCheck, Ready, Worker

_STARTED = time.monotonic()

router = APIRouter(tags=["health"])


async def health(request: Request, response: Response) -> Health:
    """Whether all works: UP with 200, else DEGRADED with 503.

    `skc` names which generation of each secret all workers have loaded, and no secret.
    """
    own = house.of(request)
    pings = await own.pings.answers(exchange_of(request).loaded)
    states = own.board.states()
    checks = {"database": pings.database, "redis": pings.redis}
    # settings that are refused are told, and no reason to take the program out of service
    well = all(checks.values())
    response.status_code = 200 if well else 503
    return Health(
        status="UP" if well else "DEGRADED",
        timestamp=datetime.now(UTC),
        uptime=round(time.monotonic() - _STARTED, 3),
        checks={name: HealthCheck.UP if up else HealthCheck.DOWN for name, up in checks.items()},
        limits="redis" if pings.redis and not own.limiter.is_local else "each worker by itself",
        workers=[_shown(state) for state in states],
        workers_wanted=own.workers,
        skc=dict(workers.agreed(states)),
    )


async def ready(request: Request, response: Response) -> Ready:
    """Whether requests can be served: the database answers."""
    pings = await house.of(request).pings.answers(exchange_of(request).loaded)
    response.status_code = 200 if pings.database else 503
    return Ready(ready=pings.database)


async def figures(request: Request) -> Response:
    """Figures for Prometheus; without the token there is no such page."""
    exchange = exchange_of(request)
    token = exchange.settings.metrics_token
    if token is None or not metrics.may_read(exchange.text("authorization"), token.reveal()):
        raise ApiError(Code.RESOURCE_NOT_FOUND, "METRICS_TOKEN is not set, or was not sent")
    return Response(metrics.text(), media_type=metrics.CONTENT_TYPE)


async def description(request: Request) -> Response:
    """The API's description (OpenAPI); in production there is no such page."""
    if exchange_of(request).settings.production:
        raise ApiError(Code.RESOURCE_NOT_FOUND, "production describes itself to nobody")
    return JSONResponse(request.app.openapi())


for _paths, _route, _model in ((HEALTH, health, Health), (READY, ready, Ready)):
    for _path in _paths:
        _name = f"{_route.__name__}{_path}"
        _add = router.add_api_route
        _add(_path, _route, methods=["GET"], responses={503: {"model": _model}}, name=_name)
        # load balancers ask so, too
        _add(_path, _route, methods=["HEAD"], name=f"head{_name}", include_in_schema=False)
router.add_api_route(METRICS, figures, methods=["GET"], include_in_schema=False)
router.add_api_route(DESCRIPTION, description, methods=["GET"], include_in_schema=False)


def _shown(state: workers.WorkerState) -> Worker:
    return Worker(
        pid=state.pid,
        generation=state.generation,
        loaded_at=state.loaded_at,
        loaded=state.loaded,
        refused=state.refused,
    )
