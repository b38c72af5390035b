"""Errors as clients see them: the action plan's codes, its body, and its safe sentences.

In production an answer says what a client may know, and not a word more; in development it holds
the details too. What nobody expected is an internal error: its details go to the log alone.
"""

from enum import Enum
from typing import Any

import msgspec


class Code(Enum):
    """Every error: its code on the wire, its usual status, and the sentence that is safe."""

    AUTH_FAILED = ("ERR_AUTH_FAILED_1001", 401, "Authentication failed")
    TOKEN_INVALID = ("ERR_TOKEN_INVALID_1002", 401, "Please log in.")
    TOKEN_EXPIRED = ("ERR_TOKEN_EXPIRED_1003", 401, "Session expired. Please login again.")
    INSUFFICIENT_PERMISSIONS = (
        "ERR_INSUFFICIENT_PERMISSIONS_1004",
        403,
        "You are not allowed to do this",
    )
    VALIDATION_FAILED = ("ERR_VALIDATION_FAILED_2001", 422, "Invalid input provided")
    INVALID_INPUT = ("ERR_INVALID_INPUT_2002", 400, "The request cannot be read")
    MISSING_REQUIRED_FIELD = ("ERR_MISSING_FIELD_2003", 422, "A required field is missing")
    RESOURCE_NOT_FOUND = ("ERR_NOT_FOUND_3001", 404, "Resource not found")
    RESOURCE_ALREADY_EXISTS = ("ERR_ALREADY_EXISTS_3002", 409, "It exists already")
    RESOURCE_CONFLICT = ("ERR_CONFLICT_3003", 409, "It conflicts with what is there")
    RATE_LIMITED = ("ERR_RATE_LIMITED_4001", 429, "Too many requests")
    INTERNAL_ERROR = ("ERR_INTERNAL_ERROR_5001", 500, "An internal error occurred")
    SERVICE_UNAVAILABLE = (
        "ERR_SERVICE_UNAVAILABLE_5002",
        503,
        "The service is not available just now. Please try again.",
    )
    DATABASE_ERROR = (
        "ERR_DATABASE_ERROR_5003",
        503,
        "The service is not available just now. Please try again.",
    )

    def __init__(self, wire: str, status: int, safe: str) -> None:
        self.wire = wire
        self.status = status
        self.safe = safe


class ApiError(Exception):
    """An error that has a code; what it says goes to the log, and to developers.

    Args:
        code: which.
        detail: what happened; no secret, and nothing that a user typed.
        status: where it is another one than is usual for the code.
        headers: more of the answer's headers.
        fields: which fields of the body, query or path are wrong, and how.
    """

    def __init__(
        self,
        code: Code,
        detail: str = "",
        *,
        status: int | None = None,
        headers: dict[str, str] | None = None,
        fields: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(detail or code.safe)
        self.code = code
        self.detail = detail or code.safe
        self.status = status or code.status
        self.headers = headers or {}
        self.fields = fields


def body(error: ApiError, *, request_id: str, development: bool) -> bytes:
    """The answer's JSON.

    The names of wrong fields are told in production too: a client knows what it sent, and a form
    needs them.
    """
    said: dict[str, Any] = {
        "success": False,
        "message": error.detail if development else error.code.safe,
        "errorCode": error.code.wire,
        "requestId": request_id,
    }
    if error.fields:
        said["fields"] = [{"field": field, "problem": problem} for field, problem in error.fields]
    if development:
        said["details"] = error.detail
    return msgspec.json.encode(said)
