"""The same small service on a redis-server.

    python -m tests.commands.rotate.service_redis FOLDER NAME

Each operation writes a key and reads it back. Over a new connection, every 25th, an old password
is noticed at once.
"""

from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from skillconnect_ops.envfile import EnvFile
from tests.commands.rotate.service import main
from tests.commands.rotate.shop_redis import NAME


class Reading:
    """What one look at the env file gave."""

    what = "redis"
    lost: tuple[type[Exception], ...] = (RedisError, OSError)

    def __init__(self, found: EnvFile) -> None:
        self.uri = found.get(NAME) or ""
        self.client = connect(self.uri)
        self.users = 0

    def ping(self) -> None:
        self.client.ping()

    def close(self) -> None:
        self.client.close()

    def operate(self, name: str, number: int, *, fresh: bool) -> None:
        client = connect(self.uri) if fresh else self.client
        try:
            client.incr(f"app:{name}/{number}")
            client.get(f"app:{name}/{number}")
        finally:
            if fresh:
                client.close()


def connect(uri: str) -> Any:
    return Redis.from_url(uri)


if __name__ == "__main__":
    main(Reading)
