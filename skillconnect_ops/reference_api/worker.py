"""What the server imports in each of its processes."""

from starlette.types import ASGIApp

from skillconnect_ops.reference_api import process
from skillconnect_ops.reference_api.life import serving


def create() -> ASGIApp:
    """The application of one worker."""
    given = process.given()
    if given.workers > 1:
        process.end_with_parent()
    return serving(given)
