"""The API's description (OpenAPI): complete, with every error, and with what the gate adds."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from skillconnect_ops.reference_api.gate import csrf
from skillconnect_ops.reference_api.gate.paths import PRE_SESSION, PREFIX
from skillconnect_ops.reference_api.models.examples import EXAMPLES

_ABOUT = """The reference API of SkillConnect: people ask for work, and book those who do it.

A session begins at `POST /api/v1/auth/login`, and lives in cookies. What changes something needs
the CSRF token of the session in the header `X-CSRF-Token` too, unless the access token comes in the
header `Authorization`. Every answer has an `X-Request-Id`; limits are told in `RateLimit-…`.
"""
_SCHEMES = {
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "__Host-session",
        "description": "The access token, as a login sets it; in development `session`.",
    },
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    "csrf": {
        "type": "apiKey",
        "in": "header",
        "name": csrf.HEADER,
        "description": "Equal to the cookie `__Host-csrf`; in development `csrf`.",
    },
    "refresh": {
        "type": "apiKey",
        "in": "cookie",
        "name": "__Host-refresh",
        "description": "Good once, for another access token.",
    },
}
_ANSWERED = {
    "X-Request-Id": {"description": "Names this request in the log.", "schema": {"type": "string"}},
    "RateLimit-Policy": {"description": "`limit;w=seconds`.", "schema": {"type": "string"}},
    "RateLimit-Limit": {"schema": {"type": "integer"}},
    "RateLimit-Remaining": {"schema": {"type": "integer"}},
    "RateLimit-Reset": {"description": "In seconds.", "schema": {"type": "integer"}},
}
_RETRY = {"Retry-After": {"description": "In seconds.", "schema": {"type": "integer"}}}
_UNSAFE = {"post", "put", "patch", "delete"}


def complete(app: FastAPI) -> None:
    """Give the application a description that says what FastAPI cannot know."""

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _described(app)
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign] # as FastAPI documents it


def _described(app: FastAPI) -> dict[str, Any]:
    found = get_openapi(title=app.title, version=app.version, description=_ABOUT, routes=app.routes)
    found["components"]["securitySchemes"] = _SCHEMES
    for unused in ("HTTPValidationError", "ValidationError"):
        found["components"]["schemas"].pop(unused, None)
    for name, example in EXAMPLES.items():
        found["components"]["schemas"][name]["examples"] = [example]
    for path, operations in found["paths"].items():
        for method, operation in operations.items():
            _complete(path, method, operation)
    return found


def _complete(path: str, method: str, operation: dict[str, Any]) -> None:
    if not path.startswith(f"{PREFIX}/") or path.startswith(f"{PREFIX}/health/"):
        return
    sent = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if sent is not None:
        name = sent["schema"]["$ref"].rpartition("/")[2]
        sent["examples"] = {name: {"value": EXAMPLES[name]}}
    for status, response in operation["responses"].items():
        response["headers"] = {**_ANSWERED, **(_RETRY if status in {"429", "503"} else {})}
    if path == f"{PREFIX}/auth/refresh":
        operation["security"] = [{"refresh": [], "csrf": []}]
    elif path not in PRE_SESSION or path == f"{PREFIX}/auth/logout":
        by_cookie: dict[str, list[str]] = {
            "session": [],
            **({"csrf": []} if method in _UNSAFE else {}),
        }
        operation["security"] = [{"bearer": []}, by_cookie]
