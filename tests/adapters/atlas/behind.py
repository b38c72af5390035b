"""A real mongod behind the local Admin API: it learns of users when a cluster has taken them over.

So a login means what it does on Atlas: the API knows a user at once, and the server later.
"""

import threading
from collections.abc import Mapping
from typing import Any

from pymongo import MongoClient

from tests.adapters.atlas.server import Atlas, Cluster

Key = tuple[str, str]
NOWHERE = "skc_no_access"


class Behind:
    """Brings the users of one cluster to a server.

    Args:
        atlas: the project.
        client: the server's root user.
        cluster: by its name.
    """

    def __init__(self, atlas: Atlas, client: MongoClient[Any], *, cluster: str = "alpha") -> None:
        self._client = client
        self._cluster = cluster
        self._known: dict[Key, Mapping[str, Any]] = {}
        self._lock = threading.Lock()
        self._timers: list[threading.Timer] = []
        self.late_s = 0.0
        """How much later than the cluster says the server knows."""
        atlas.taken_over = self._hear

    def bring(self, users: Mapping[Key, Mapping[str, Any]]) -> None:
        """Make the server's users those; whom somebody else made there stays."""
        with self._lock:
            for gone in set(self._known) - set(users):
                self._client[gone[0]].command("dropUser", gone[1])
                del self._known[gone]
            for key, user in users.items():
                before = self._known.get(key)
                if user == before:
                    continue
                verb = "createUser" if before is None else "updateUser"
                self._client[key[0]].command(
                    verb, key[1], pwd=user["password"], roles=_roles(user["roles"])
                )
                self._known[key] = dict(user)

    def close(self) -> None:
        """No timer runs, and none of the users is left."""
        for timer in self._timers:
            timer.cancel()
            timer.join()
        self.bring({})

    def _hear(self, cluster: Cluster) -> None:
        if cluster.name != self._cluster:
            return
        if not self.late_s:
            self.bring(cluster.users)
            return
        timer = threading.Timer(self.late_s, self.bring, [dict(cluster.users)])
        self._timers.append(timer)
        timer.start()


def _roles(roles: list[Mapping[str, str]]) -> list[dict[str, str]]:
    return [
        {"role": role["roleName"], "db": role["databaseName"]}
        for role in roles
        if role["databaseName"] != NOWHERE
    ]
