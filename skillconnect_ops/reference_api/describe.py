"""The API's description (OpenAPI): complete, with every error."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi


def complete(app: FastAPI) -> None:
    """Give the application a description that says what FastAPI cannot know."""

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _described(app)
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]


def _described(app: FastAPI) -> dict[str, Any]:
    return get_openapi(title=app.title, version=app.version, routes=app.routes)
