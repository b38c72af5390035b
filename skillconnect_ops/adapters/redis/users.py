"""The users of one server, over one connection of an administrator."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from redis.exceptions import AuthenticationError, RedisError

from skillconnect_ops.adapters.redis import rules
from skillconnect_ops.adapters.redis.connection import (
    PATIENCE_S,
    Line,
    connected,
    introduce,
    log_in,
)
from skillconnect_ops.adapters.redis.uri import RedisUri
from skillconnect_ops.core.outcome import Fact, Known, Missing
from skillconnect_ops.core.ports.acl import (
    DEFAULT_USER,
    AcceptsAnyPassword,
    AclError,
    AclIsManaged,
    AclLoginRefused,
    AclNameUnusable,
    AclNotPermitted,
    AclRefused,
    AclServer,
    AclSession,
    AclTooOld,
    AclUser,
    AclUserExists,
    AclUserGone,
    LastPassword,
    NotPersistent,
    OwnUser,
    Persistence,
    RightsDiffer,
    UsersPerNode,
)
from skillconnect_ops.core.secret import Secret

_FIELD = re.compile(r"(?:^| )(?P<name>[a-z-]+)=(?P<value>.*?)(?= [a-z-]+=|$)")
CLAIMS = "skc:rotating:"
"""What the keys of `claim` begin with."""
_UNUSABLE = re.compile(r"[\s\0]")


class RedisAcl:
    """Implements `core.ports.acl.Acl`."""

    def __init__(self, line: Line, server: AclServer) -> None:
        self._line = line
        self._server = server

    def server(self) -> AclServer:
        """Who is there."""
        return self._server

    def number(self) -> int | None:
        """That of our own connection."""
        own = self._own_id()
        return None if own is None else int(own)

    def find(self, name: str) -> AclUser | None:
        """The user of that name."""
        found = self._find(name)
        return found.user() if found else None

    def names(self) -> Sequence[str]:
        """All users, sorted."""
        return sorted(line.name for line in self._lines())

    def create(self, name: str, *, like: AclUser, password: Secret) -> AclUser:
        """A user with the rights of another."""
        if not name or _UNUSABLE.search(name):
            raise AclNameUnusable(
                f"no user can be called {name!r}",
                why="the server takes no empty name, and none with a space in it",
                fix="choose another name",
            )
        if self._find(name) is not None:
            raise AclUserExists(
                f"{self._where} has a user '{name}' already",
                why="another rotation made it, or it is in use for something else",
                fix=f"look at it: ACL GETUSER {name}",
            )
        image = rules.read_image(like.name, like.image)
        self._set(name, rules.rights_of(image, password))
        made = self._existing(name).user()
        if made.rights != like.rights:
            self._line.do("ACL", "DELUSER", name)
            raise RightsDiffer(
                f"{self._where} does not give '{name}' the rights of '{like.name}'",
                why=f"asked for {_told(like)}, and got {_told(made)}",
                fix="report this; until then, rotate in place",
            )
        return made

    def add_password(self, name: str, password: Secret) -> None:
        """One more password."""
        if self._existing(name).any_password:
            raise AcceptsAnyPassword(
                f"the user '{name}' on {self._where} is let in with any password (nopass)",
                why="a first password would lock out every client that gives none or another",
                fix="give all clients a URI with the password first, then set it in place",
            )
        self._set(name, [f"#{rules.digest(password)}"])

    def remove_password(self, name: str, password: Secret) -> None:
        """One password less."""
        hashes, gone = self._existing(name).hashes, rules.digest(password)
        if gone not in hashes:
            return
        if hashes == {gone}:
            raise LastPassword(
                f"the user '{name}' on {self._where} has no other password",
                why="without one nobody could log in as it any more",
                fix="add the new password first, or disable the user",
            )
        self._set(name, [f"!{gone}"])

    def disable(self, name: str) -> None:
        """No further login."""
        self._refuse_own(name, "switch off")
        self._existing(name)
        self._set(name, ["off"])

    def disconnect(self, name: str) -> int:
        """End its connections."""
        return int(self._line.do("CLIENT", "KILL", "USER", name, "SKIPME", "yes"))

    def drop(self, name: str) -> None:
        """Remove the user."""
        self._refuse_own(name, "remove")
        if name == DEFAULT_USER:
            raise AclRefused(
                f"the user '{name}' on {self._where} cannot be removed",
                why="it is who a connection is before it logs in",
                fix="disable it, or give it another password",
            )
        self._line.do("ACL", "DELUSER", name)

    def restore(self, name: str, image: Secret) -> None:
        """Exactly as it was; in one command, so that there is no moment between."""
        self._set(name, rules.all_of(rules.read_image(name, image)))

    def default_password(self) -> Secret | None:
        """`requirepass`."""
        password = self._configured("requirepass")
        return Secret(password) if password else None

    def set_default_password(self, password: Secret) -> None:
        """`requirepass`, which replaces all passwords of `default`."""
        self._line.do("CONFIG", "SET", "requirepass", password.reveal(), hiding=(password,))
        if self.default_password() != password:
            raise AclRefused(
                f"{self._where} did not take the new password",
                why="it said yes, and shows another one",
                fix="see CONFIG GET requirepass",
            )

    def sessions(self, name: str) -> Fact[tuple[AclSession, ...]]:
        """Who is connected as the user."""
        try:
            listed = str(self._line.do("CLIENT", "LIST"))
        except (AclNotPermitted, AclIsManaged) as error:
            return Missing(f"{error.what}: {error.why}")
        clients = [_fields(line) for line in listed.splitlines() if line]
        if not all("user" in client for client in clients):
            return Missing(
                f"{self._where} (version {self._server.version}) does not say of a connection "
                "whose it is; servers do from version 6"
            )
        own = self._own_id()
        return Known(
            tuple(
                AclSession(
                    name=client.get("name") or None,
                    client=client.get("addr", ""),
                    age_s=int(client.get("age", 0)),
                    idle_s=int(client.get("idle", 0)),
                    number=int(client.get("id", 0)),
                )
                for client in clients
                if client["user"] == name and client.get("id") != own
            )
        )

    def persistence(self) -> Persistence:
        """Where changes would be kept."""
        try:
            if self._configured("aclfile"):
                return Persistence.ACL_FILE
            if self._info("server").get("config_file"):
                return Persistence.CONFIG_FILE
        except (AclNotPermitted, AclIsManaged) as error:
            raise self._not_persistent(f"{error.what}: {error.why}") from error
        raise self._not_persistent(
            "it runs without a configuration file and without a file of users"
        )

    def claim(self, name: str, holder: str, *, lasts_s: int) -> Fact[bool]:
        """`SET … NX EX`; it is asked for afterwards, since the answer may get lost."""
        key = f"{CLAIMS}{name}"
        try:
            self._line.do("SET", key, holder, "NX", "EX", str(lasts_s))
            return Known(self._line.do("GET", key) == holder)
        except (AclNotPermitted, AclIsManaged, AclRefused) as error:
            return Missing(f"{error.what}: {error.why}")

    def release(self, name: str, holder: str) -> None:
        """Remove it, if it is the holder's."""
        key = f"{CLAIMS}{name}"
        if self._line.do("GET", key) == holder:
            self._line.do("DEL", key)

    def can_persist(self) -> Persistence:
        """Save what is in force now."""
        return self.persist()

    def persist(self) -> Persistence:
        """Save what is in force now."""
        place = self.persistence()
        try:
            if place is Persistence.ACL_FILE:
                self._line.do("ACL", "SAVE")
            if place is Persistence.CONFIG_FILE or self._has_stale_password_line():
                self._line.do("CONFIG", "REWRITE")
        except (AclRefused, AclNotPermitted, AclIsManaged) as error:
            raise self._not_persistent(f"{error.what}: {error.why}") from error
        if self.persistence() is not place:
            raise self._not_persistent("it was set up anew in the meantime")
        return place

    def _has_stale_password_line(self) -> bool:
        """Whether redis.conf, too, holds a password: of no force beside a file of users, but there.

        A password that was replaced because it leaked shall not stay in it.
        """
        return bool(self._configured("requirepass") and self._info("server").get("config_file"))

    @property
    def _where(self) -> str:
        return self._server.where

    def _lines(self) -> list[rules.Line]:
        return [rules.read_line(str(line)) for line in self._line.do("ACL", "LIST")]

    def _find(self, name: str) -> rules.Line | None:
        return next((line for line in self._lines() if line.name == name), None)

    def _existing(self, name: str) -> rules.Line:
        found = self._find(name)
        if found is None:
            raise AclUserGone(
                f"{self._where} has no user '{name}'",
                why="it was removed, never saved before a restart, or lives on another node",
                fix="see ACL LIST",
            )
        return found

    def _set(self, name: str, words: list[str]) -> None:
        hashes = tuple(Secret(word[1:]) for word in words if word[:1] in {"#", "!"})
        self._line.do("ACL", "SETUSER", name, *words, hiding=hashes)

    def _refuse_own(self, name: str, verb: str) -> None:
        if name == self._server.user:
            raise OwnUser(
                f"will not {verb} the user '{name}' on {self._where}",
                why="it is the one that we are logged in as",
                fix="name another administrator's URI",
            )

    def _configured(self, name: str) -> str:
        answer = self._line.do("CONFIG", "GET", name)
        pairs = answer if isinstance(answer, dict) else dict(zip(*[iter(answer)] * 2, strict=True))
        return str(pairs.get(name, ""))

    def _info(self, section: str) -> dict[str, str]:
        return info(self._line, section)

    def _own_id(self) -> str | None:
        try:
            return str(self._line.do("CLIENT", "ID"))
        except AclError:
            return None

    def _not_persistent(self, why: str) -> NotPersistent:
        return NotPersistent(
            f"{self._where} would forget a change of its users at the next restart",
            why=why,
            fix="start it with a redis.conf that it may write, or with aclfile "
            "(redis-server /etc/redis/redis.conf), on a volume that stays",
        )


@contextmanager
def open_acl(uri: RedisUri, *, patience_s: float = PATIENCE_S) -> Iterator[RedisAcl]:
    """Log in as an administrator, and see that the server stands alone.

    Raises:
        AclUnreachable: nobody answers.
        AclLoginRefused: wrong user or password.
        UsersPerNode: it does not stand alone.
    """
    with connected(uri, patience_s=patience_s) as line:
        try:
            log_in(line, uri.link.user, uri.password, named=uri.link.names_user)
            line.ask("PING")
        except AuthenticationError as error:
            raise _refused(uri, str(error)) from None
        except RedisError as error:
            if "no permissions" not in str(error):
                raise line.told(error, ("AUTH",)) from None
        found = info(line, "server")
        line.version = found.get("redis_version", "")
        introduce(line)
        _stands_alone(uri, line, found)
        server = AclServer(where=uri.link.where, version=line.version, user=_who(line))
        yield RedisAcl(line, server)


def info(line: Line, section: str) -> dict[str, str]:
    """One section of `INFO`."""
    said = str(line.do("INFO", section))
    pairs = (text.partition(":") for text in said.splitlines() if ":" in text)
    return {name: value.strip() for name, _, value in pairs}


def _stands_alone(uri: RedisUri, line: Line, server: dict[str, str]) -> None:
    mode = server.get("redis_mode") or server.get("server_mode") or "standalone"
    replication = {} if mode == "sentinel" else info(line, "replication")
    why = ""
    if mode == "sentinel":
        why = "it is a sentinel, which watches over other servers and holds no data"
    elif mode == "cluster" or info(line, "cluster").get("cluster_enabled") == "1":
        why = "it is a node of a cluster"
    elif replication.get("role") == "slave":
        host = f"{replication.get('master_host')}:{replication.get('master_port')}"
        why = f"it is a replica of {host}"
    elif int(replication.get("connected_slaves", 0)) > 0:
        why = f"it has replicas ({replication['connected_slaves']})"
    if why:
        raise UsersPerNode(
            f"will not manage users on {uri.link.where}",
            why=f"{why}; users are not replicated, each node has its own, and skc has not been "
            "tested on several",
            fix="rotate on every node by hand (ACL SETUSER, ACL SAVE), replicas first, and "
            "masteruser/masterauth with it; then hand the new URI over as kind manual",
        )


def _who(line: Line) -> str:
    try:
        return str(line.do("ACL", "WHOAMI"))
    except (AclTooOld, AclIsManaged, AclNotPermitted, AclRefused):
        return line.uri.link.user


def _refused(uri: RedisUri, said: str) -> AclLoginRefused:
    where, user = uri.link.where, uri.link.user
    if uri.password is None:
        return AclLoginRefused(
            f"{where} wants a password",
            why="the URI has none",
            fix="write it into the URI: redis://USER:PASSWORD@…",
        )
    return AclLoginRefused(
        f"{where} refuses the password of '{user}'",
        why=uri.redact(said),
        fix="check user and password in the URI, and whether the user is on (ACL GETUSER)",
    )


def _fields(line: str) -> dict[str, str]:
    """One line of `CLIENT LIST`; a socket's path may hold spaces."""
    return {found["name"]: found["value"] for found in _FIELD.finditer(line)}


def _told(user: AclUser) -> str:
    rights = user.rights
    parts = (sorted(rights.flags), rights.keys, rights.channels, rights.commands, rights.selectors)
    return " ".join(word for part in parts for word in part)
