"""The application: its routes, and how errors are answered."""

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.asyncexitstack import AsyncExitStackMiddleware
from pymongo.errors import ConnectionFailure, PyMongoError
from redis.exceptions import RedisError
from starlette.exceptions import HTTPException
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.routing import Route
from starlette.types import ASGIApp

from skillconnect_ops.reference_api import describe, logs
from skillconnect_ops.reference_api.errors import ApiError, Code, body
from skillconnect_ops.reference_api.gate.exchange import of as exchange_of
from skillconnect_ops.reference_api.routes import (
    admin,
    auth,
    booking,
    chat,
    health,
    service_request,
    user,
)

ROUTERS = (  # in this order they are tried; what is asked for most comes first
    user.router,
    service_request.router,
    booking.router,
    chat.router,
    auth.router,
    health.router,
    admin.router,
)
_BY_STATUS = {
    404: Code.RESOURCE_NOT_FOUND,
    401: Code.TOKEN_INVALID,
    403: Code.INSUFFICIENT_PERMISSIONS,
}
_NOT_LET_IN = {13, 18}
"""Unauthorized, AuthenticationFailed: the user is gone, and its successor is on the way."""
_TRY_AGAIN = ("TransientTransactionError", "RetryableWriteError")
_MOST_FIELDS = 50
_LOCATIONS = {"body", "query", "path", "header", "cookie"}

log = logs.get()


class _Behind(FastAPI):
    """Stands behind the gate, which limits bodies and answers what nobody expected.

    So it needs none of what FastAPI puts before the routes for that; each request would pay for it.
    """

    def build_middleware_stack(self) -> ASGIApp:
        """What answers the errors that are known, and what routes close at their end."""
        return ExceptionMiddleware(AsyncExitStackMiddleware(self.router), self.exception_handlers)


def application() -> FastAPI:
    """The routes, without a worker around them."""
    app = _Behind(
        title="SkillConnect",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        exception_handlers={
            ApiError: _api_error,
            RequestValidationError: _validation_error,
            HTTPException: _http_error,
            PyMongoError: _database_error,
            RedisError: _redis_error,
        },
    )
    for router in ROUTERS:
        app.include_router(router)
    describe.complete(app)
    return app


def _answer(request: Request, error: ApiError) -> Response:
    exchange = exchange_of(request)
    content = body(
        error, request_id=exchange.request_id, development=not exchange.settings.production
    )
    return Response(content, error.status, headers=error.headers, media_type="application/json")


async def _api_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, ApiError):
        raise TypeError from error
    if error.status >= 500:
        log.error("failed", error_code=error.code.wire, detail=error.detail)
    else:
        log.info("refused", error_code=error.code.wire, detail=error.detail)
    return _answer(request, error)


async def _validation_error(request: Request, error: Exception) -> Response:
    """Which fields are wrong, and how; what was sent in them is told to nobody."""
    found = error.errors() if isinstance(error, RequestValidationError) else ()
    kinds = {one["type"] for one in found}
    if kinds & {"json_invalid", "json_type"}:
        return _answer(request, ApiError(Code.INVALID_INPUT, "the body is no JSON"))
    fields = tuple((_place(one["loc"]), _problem(one)) for one in found[:_MOST_FIELDS])
    code = Code.MISSING_REQUIRED_FIELD if kinds == {"missing"} else Code.VALIDATION_FAILED
    return _answer(request, ApiError(code, "some fields are wrong", fields=fields))


def _problem(one: dict[str, Any]) -> str:
    """What is wrong with a field; the library's words on mail addresses repeat what was sent."""
    if "reason" in one.get("ctx", {}):
        return "it is no mail address"
    return str(one["msg"])


def _place(location: Sequence[Any]) -> str:
    parts = [str(part) for part in location]
    return ".".join(parts[1:] if parts and parts[0] in _LOCATIONS else parts) or parts[0]


async def _http_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise TypeError from error
    code = _BY_STATUS.get(error.status_code, Code.INVALID_INPUT)
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = ", ".join(_methods(request))
    return _answer(
        request, ApiError(code, str(error.detail), status=error.status_code, headers=headers)
    )


def _methods(request: Request) -> list[str]:
    """What a path takes, of all routes that it fits; Starlette names those of the first alone."""
    routes = (route for router in ROUTERS for route in router.routes if isinstance(route, Route))
    fits = (route for route in routes if route.path_regex.match(request.scope["path"]))
    return sorted({method for route in fits for method in route.methods or ()})


async def _database_error(request: Request, error: Exception) -> Response:
    """The driver's own numbers and words stay here: they are no codes of ours."""
    gone = isinstance(error, ConnectionFailure) or getattr(error, "code", None) in _NOT_LET_IN
    again = isinstance(error, PyMongoError) and any(map(error.has_error_label, _TRY_AGAIN))
    status = 503 if gone or again or getattr(error, "timeout", False) else 500
    log.error("database_error", kind=type(error).__name__, error=str(error))
    headers = {"Retry-After": "1"} if status == 503 else {}
    return _answer(
        request, ApiError(Code.DATABASE_ERROR, str(error), status=status, headers=headers)
    )


async def _redis_error(request: Request, error: Exception) -> Response:
    log.error("redis_error", kind=type(error).__name__, error=str(error))
    return _answer(
        request, ApiError(Code.SERVICE_UNAVAILABLE, str(error), headers={"Retry-After": "1"})
    )
