"""New settings without a restart.

The folder of the env file is watched, not the file: editors and `skc` put a new file in its place,
and a watch on the old one would see that once and never again. New settings are looked at, the new
stores have to let us in, and only then does the worker go over to them. Settings that are refused
change nothing: the worker goes on with the old ones, and says so in its health.
"""

import asyncio
import os
from pathlib import Path

from msgspec import Struct
from pymongo.errors import PyMongoError
from redis.exceptions import RedisError
from watchfiles import awatch

from skillconnect_ops.reference_api import logs, metrics
from skillconnect_ops.reference_api.reading import Source
from skillconnect_ops.reference_api.settings import MONGO, REDIS, BadSettings
from skillconnect_ops.reference_api.stores import Current
from skillconnect_ops.reference_api.workers import Board, WorkerState

_LOOK_S = 2.0
"""A look without an event: some file systems send none."""
_AGAIN_S = 5.0
"""A store that was not there may be there by now."""
_DEBOUNCE_MS = 50

log = logs.get()


class Refusal(Struct, frozen=True):
    """Why the settings as they stand are not used."""

    told: str
    """To everybody, so without any value."""
    why: str
    """In the log."""


class Reloader:
    """Keeps one worker on the settings as they stand."""

    def __init__(self, source: Source, current: Current, board: Board) -> None:
        self._source = source
        self._current = current
        self._board = board
        self._generation = 1
        self._refused: str | None = None
        self._lock = asyncio.Lock()
        self.tell()

    def tell(self) -> None:
        """Say on the board what is loaded."""
        loaded = self._current.now
        self._board.write(
            WorkerState(
                pid=os.getpid(),
                generation=self._generation,
                loaded_at=loaded.loaded_at.isoformat().replace("+00:00", "Z"),
                loaded=loaded.settings.loaded,
                refused=self._refused,
            )
        )

    async def look(self) -> None:
        """Read the settings, and go over to them if they are others and good."""
        async with self._lock:
            refusal = await self._looked()
            refused = None if refusal is None else refusal.told
            if refused == self._refused:
                return
            self._refused = refused
            self.tell()
            if refusal is None:
                log.info("settings_well_again", pid=os.getpid())
            else:
                metrics.RELOADS.labels("refused").inc()
                log.error("settings_refused", why=refusal.why, pid=os.getpid())

    async def _looked(self) -> "Refusal | None":
        """Why the settings as they stand are not used; None where they are."""
        try:
            settings = await asyncio.to_thread(self._source.read)
        except BadSettings as error:
            return Refusal(f"{error.names}: refused; the log says why", str(error))
        if settings == self._current.now.settings:
            return None
        try:
            await self._current.swap(settings)
        except (PyMongoError, RedisError, OSError, ValueError) as error:
            name = MONGO if isinstance(error, PyMongoError) else REDIS
            told = f"{name}: the server does not let us in with it ({type(error).__name__})"
            return Refusal(told, str(error))
        self._generation += 1
        self._refused = None
        self.tell()
        metrics.RELOADS.labels("loaded").inc()
        log.info("settings_loaded", generation=self._generation, pid=os.getpid())
        return None

    async def watch(self) -> None:
        """Look at each change, for as long as the worker lives."""
        file = self._source.env_file
        if file is None:
            return
        await asyncio.gather(self._on_events(file), self._on_time(file))

    async def _on_events(self, file: Path) -> None:
        folder = file.parent.resolve()
        while True:
            try:
                async for changes in awatch(
                    folder, recursive=False, debounce=_DEBOUNCE_MS, step=10, watch_filter=None
                ):
                    if any(Path(path).name == file.name for _, path in changes):
                        await self._look_whatever_comes()
            except OSError as error:  # the folder is gone: the clock looks meanwhile
                log.warning("watch_failed", kind=type(error).__name__)
                await asyncio.sleep(_AGAIN_S)

    async def _look_whatever_comes(self) -> None:
        """A look that fails in a way that nobody thought of is the last one no more than others."""
        try:
            await self.look()
        except Exception as error:
            log.exception("reload_failed", kind=type(error).__name__)

    async def _on_time(self, file: Path) -> None:
        # nothing was seen yet: the file may have changed since the worker read it
        seen, tried_at = None, 0.0
        while True:
            await asyncio.sleep(_LOOK_S)
            now, loop = _stamp(file), asyncio.get_running_loop()
            again = self._refused is not None and loop.time() - tried_at > _AGAIN_S
            if now != seen or again:
                seen, tried_at = now, loop.time()
                await self._look_whatever_comes()


def _stamp(file: Path) -> tuple[int, int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
