"""What the server imports in each of its processes."""

import os
from pathlib import Path

from starlette.types import ASGIApp

from skillconnect_ops.reference_api.__main__ import RUN_FOLDER, WORKERS
from skillconnect_ops.reference_api.app import serving
from skillconnect_ops.reference_api.settings import of_this_process


def create() -> ASGIApp:
    """The application of one worker."""
    folder = os.environ.get(RUN_FOLDER)
    source = of_this_process()
    return serving(
        source,
        source.read(),
        run_folder=Path(folder) if folder else None,
        workers=int(os.environ.get(WORKERS) or 1),
    )
