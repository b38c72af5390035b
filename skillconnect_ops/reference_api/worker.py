"""What the server imports in each of its processes."""

from starlette.types import ASGIApp

from skillconnect_ops.reference_api import process
from skillconnect_ops.reference_api.app import serving


def create() -> ASGIApp:
    """The application of one worker."""
    given = process.given()
    return serving(
        given.source, given.source.read(), run_folder=given.run_folder, workers=given.workers
    )
