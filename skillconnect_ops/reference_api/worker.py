"""What the server imports in each of its processes."""

import time

from starlette.types import ASGIApp

from skillconnect_ops.reference_api import logs, process
from skillconnect_ops.reference_api.life import serving
from skillconnect_ops.reference_api.settings import BadSettings

_REST_S = 2.0


def create() -> ASGIApp:
    """The application of one worker.

    Raises:
        SystemExit: the settings as they stand now are refused; the others go on with the old ones,
            and the server starts another worker in this one's place.
    """
    given = process.given()
    if given.workers > 1:
        process.end_with_parent()
    try:
        return serving(given)
    except BadSettings as error:
        with logs.configure(folder=None, level="info", development=False):
            logs.get().warning("worker_cannot_start", why=str(error))
        time.sleep(_REST_S)
        raise SystemExit(1) from error
