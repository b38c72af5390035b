"""A worker goes over to settings that changed while it started."""

import asyncio
import secrets
from pathlib import Path

from skillconnect_ops.adapters.embedded import Mongod
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.reference_api.reading import Source
from skillconnect_ops.reference_api.reload import Reloader
from skillconnect_ops.reference_api.stores import Current, Loaded
from skillconnect_ops.reference_api.workers import Board
from tests.servers import make_user

KEYS = "JWT_SECRET_KEY={}\nADMIN_JWT_SECRET_KEY={}\n"


def test_settings_that_changed_before_anybody_watched_them_are_loaded(
    one_node: Mongod, redis_server: Secret, tmp_path: Path
) -> None:
    env_file = tmp_path / ".env"
    uri = make_user(one_node, "reload_from_the_start", ["readWrite"])
    keys = KEYS.format(secrets.token_urlsafe(48), secrets.token_urlsafe(48))
    lines = f"NODE_ENV=development\nMONGO_URI={uri.reveal()}\nREDIS_URL={redis_server.reveal()}\n"
    env_file.write_text(lines + keys)

    async def run() -> str:
        source = Source(env_file, {})
        current = Current(Loaded(source.read()))
        reloader = Reloader(source, current, Board(None))
        env_file.write_text(f"{lines}{keys}LOG_LEVEL=debug\n")
        watching = asyncio.create_task(reloader.watch())
        await asyncio.sleep(3)
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        level = current.now.settings.log_level
        await current.close()
        return level

    try:
        assert asyncio.run(run()) == "debug"
    finally:
        with one_node.client() as root:
            root["reload_from_the_start"].command("dropAllUsersFromDatabase")
