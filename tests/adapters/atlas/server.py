"""A server on this machine that behaves as the published Admin API does, and fails on demand.

It keeps users, checks digests and tokens for real, takes changes over cluster by cluster, and can
break any request: before it took effect, or after.
"""

import base64
import hashlib
import json
import secrets
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from urllib.request import parse_http_list, parse_keqv_list

from msgspec import Struct

VERSIONS = {
    "databaseUsers": {"2023-01-01"},
    "status": {"2023-01-01"},
    "clusters": {"2023-01-01", "2023-02-01", "2024-08-05"},
    "flexClusters": {"2024-11-13"},
    "serviceAccounts": {"2024-08-05"},
    "accessList": {"2023-01-01"},
    "apiKeys": {"2023-01-01"},
    "dbAccessHistory": {"2023-01-01"},
    "v2": {"2023-01-01"},
}
MOST_USERS = 100
REALM = "MMS Public API"


class Clock:
    """Time that passes when somebody waits; implements `core.plan.Clock`."""

    def __init__(self) -> None:
        self.started = datetime(2026, 3, 1, 12, tzinfo=UTC)
        self.passed_s = 0.0
        self.waits: list[float] = []

    def now(self) -> datetime:
        return self.started + timedelta(seconds=self.passed_s)

    def monotonic(self) -> float:
        return self.passed_s

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.passed_s += seconds


class RealClock(Clock):
    """The time of the machine, where another program waits, too."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class Fault(Enum):
    """What happens to one request."""

    LIMITED = "429 with Retry-After"
    LIMITED_SILENTLY = "429"
    BROKEN = "500, nothing done"
    BROKEN_AFTER = "500, though it was done"
    GATEWAY = "502"
    UNAVAILABLE = "503"
    GATEWAY_AFTER = "504, though it was done"
    EXPIRED = "401, the token is no longer known"
    DROPPED = "connection closed, nothing done"
    DROPPED_AFTER = "connection closed, though it was done"
    RESET = "connection reset, nothing done"
    RESET_AFTER = "connection reset, though it was done"
    CUT = "half an answer"
    SLOW = "answered too late, though it was done"


STATUS = {
    Fault.BROKEN: 500,
    Fault.BROKEN_AFTER: 500,
    Fault.GATEWAY: 502,
    Fault.UNAVAILABLE: 503,
    Fault.GATEWAY_AFTER: 504,
}
DONE = {Fault.BROKEN_AFTER, Fault.GATEWAY_AFTER, Fault.DROPPED_AFTER, Fault.RESET_AFTER, Fault.CUT}
DONE |= {Fault.SLOW}


class Seen(Struct, frozen=True):
    """One request as it came."""

    method: str
    path: str
    fault: Fault | None = None


class Answer(Exception):
    """What is sent back, whatever else was going on."""

    def __init__(self, status: int, code: str = "", detail: str = "", **more: Any) -> None:
        super().__init__(status)
        self.status = status
        self.headers: dict[str, str] = {}
        self.body: Any = {"error": status, "errorCode": code, "detail": detail, "reason": "no"}
        self.body |= more


class Cluster(Struct):
    """One cluster, and the users that it has taken over so far."""

    name: str
    lag: int
    """How often its state is asked for until it has taken a change over."""
    paused: bool = False
    flex: bool = False
    left: int = 0
    users: dict[tuple[str, str], dict[str, Any]] = {}


class Atlas:
    """One project and its keys. Start it with `running`."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.project = secrets.token_hex(12)
        self.client_id = "mdb_sa_id_" + secrets.token_hex(12)
        self.client_secret = "mdb_sa_sk_" + secrets.token_urlsafe(30)
        self.public = "".join(secrets.choice("abcdefgh") for _ in range(8))
        self.private = "-".join(secrets.token_hex(size) for size in (4, 2, 2, 2, 6))
        self.roles = {"GROUP_DATABASE_ACCESS_ADMIN", "GROUP_READ_ONLY"}
        self.shows_roles = True
        self.allowed_here = True
        self.shortest_password = 8
        self.token_lasts_s = 3600
        self.quotes_the_password = False
        self.page = 500
        self.clusters = [Cluster("alpha", 2), Cluster("beta", 5), Cluster("gamma", 3, flex=True)]
        self.users: dict[tuple[str, str], dict[str, Any]] = {}
        self.access: dict[str, dict[str, Any]] = {}
        self.logins: dict[str, list[dict[str, Any]]] = {}
        self.keeps = False
        """Whether an entry is listed still after it was deleted."""
        self.seen: list[Seen] = []
        self.faults: Callable[[int, Seen], Fault | None] = lambda _number, _seen: None
        self.meanwhile: Callable[[Seen], None] = lambda _seen: None
        self.taken_over: Callable[[Cluster], None] = lambda _cluster: None
        self.retry_after = "3"
        self.tokens: dict[str, float] = {}
        self.nonces: dict[str, int] = {}
        self.lock = threading.Lock()
        self.ended = threading.Event()
        self.url = ""

    @property
    def service_account(self) -> str:
        return f"{self.client_id}:{self.client_secret}"

    @property
    def api_key(self) -> str:
        return f"{self.public}:{self.private}"

    @property
    def values(self) -> list[str]:
        """What may be seen nowhere."""
        return [self.client_id, self.client_secret, self.private, *self.tokens]

    @contextmanager
    def running(self) -> Iterator["Atlas"]:
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        server.daemon_threads = True
        self.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.ended.set()
            server.shutdown()
            server.server_close()
            thread.join(5)

    def logs_in(self, name: str, password: str, *, database: str = "admin") -> bool:
        """Whether every cluster that runs accepts user and password."""
        with self.lock:
            found = [one.users.get((database, name)) for one in self.clusters if not one.paused]
        return all(user is not None and user["password"] == password for user in found)

    def changed(self) -> None:
        for cluster in self.clusters:
            cluster.left = cluster.lag

    # --- the interface

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Any:
        """What a request gives; `Answer` is raised where it is not fine."""
        url = urlsplit(target)
        query = {key: values[-1] for key, values in parse_qs(url.query).items()}
        if url.path == "/api/oauth/token":
            return self.new_token(headers, body)
        self.check_key(method, target, headers)
        if not self.allowed_here:
            raise Answer(
                403,
                "IP_ADDRESS_NOT_ON_ACCESS_LIST",
                "IP address 203.0.113.9 is not allowed to access this resource.",
            )
        self.delete_what_expired()
        parts = [unquote(part) for part in url.path.split("/")[1:]]
        if parts[:3] != ["api", "atlas", "v2"]:
            raise Answer(404, "RESOURCE_NOT_FOUND", "Cannot find resource.")
        rest = parts[3:]
        kind = next((word for word in reversed(parts) if word in VERSIONS), "")
        kind = "databaseUsers" if "databaseUsers" in parts[:6] else kind
        self.check_media(kind, headers, body)
        if not rest:
            return self.front_page()
        if rest[0] != "groups" or rest[1] != self.project:
            raise Answer(404, "GROUP_NOT_FOUND", f"No group with ID {rest[1]} exists.")
        match method, rest[2:]:
            case "GET", ["databaseUsers"]:
                self.needs("GROUP_READ_ONLY", "GROUP_DATABASE_ACCESS_ADMIN")
                return self.listed([shown(user) for user in self.users.values()], query)
            case "GET", ["serviceAccounts"]:
                self.needs("GROUP_READ_ONLY", "GROUP_OWNER")
                own = {"clientId": self.client_id, "roles": sorted(self.roles)}
                return self.listed([own] if self.shows_roles else [], query)
            case "GET", ["clusters" | "flexClusters" as which]:
                self.needs("GROUP_READ_ONLY", "GROUP_OWNER")
                flex = which == "flexClusters"
                found = [one for one in self.clusters if one.flex == flex]
                return self.listed(
                    [{"name": one.name, "paused": one.paused} for one in found], query
                )
            case "GET", ["clusters", name, "status"]:
                self.needs("GROUP_READ_ONLY", "GROUP_OWNER")
                return self.state(name)
            case _, ["accessList", *value]:
                return self.of_access(method, value, body, query)
            case "GET", ["apiKeys"]:
                self.needs("GROUP_READ_ONLY")
                roles = [{"groupId": self.project, "roleName": role} for role in self.roles]
                key = {"id": "k1", "publicKey": self.public, "desc": "ours", "roles": roles}
                return self.listed([key], query)
            case "GET", ["dbAccessHistory", "clusters", name]:
                self.needs("GROUP_READ_ONLY")
                if name not in self.logins:
                    raise Answer(400, "CLUSTER_NOT_SUPPORTED", "Not for this cluster.")
                return {"accessLogs": self.logins[name]}
            case "POST", ["databaseUsers"]:
                return self.create(json.loads(body))
            case _, ["databaseUsers", database, name]:
                return self.of_user(method, database, name, body)
            case _:
                raise Answer(405, "METHOD_NOT_ALLOWED", "no such method here")

    def delete_what_expired(self) -> None:
        now = self.clock.now()
        for key, user in list(self.users.items()):
            ends = user.get("deleteAfterDate")
            with suppress(ValueError):
                at = datetime.fromisoformat(ends) if ends else None
                if at is not None and (at if at.tzinfo else at.replace(tzinfo=UTC)) <= now:
                    del self.users[key]
                    self.changed()

    def of_user(self, method: str, database: str, name: str, body: bytes) -> Any:
        self.needs(
            "GROUP_DATABASE_ACCESS_ADMIN", *(("GROUP_READ_ONLY",) if method == "GET" else ())
        )
        user = self.users.get((database, name))
        if user is None:
            raise Answer(404, "USERNAME_NOT_FOUND", f"No user with username {name} exists.")
        match method:
            case "GET":
                return shown(user)
            case "PATCH":
                change = json.loads(body)
                self.check_user(change)
                user.update(change)
                self.changed()
                return shown(user)
            case "DELETE":
                del self.users[database, name]
                self.changed()
                return None
            case _:
                raise Answer(405, "METHOD_NOT_ALLOWED", "no such method here")

    def of_access(
        self, method: str, value: list[str], body: bytes, query: Mapping[str, str]
    ) -> Any:
        if method == "GET" and not value:
            self.needs("GROUP_READ_ONLY")
            return self.listed(list(self.access.values()), query)
        self.needs("GROUP_NETWORK_ACCESS_MANAGER")
        if method == "POST":
            for entry in json.loads(body):
                key = entry.get("cidrBlock") or entry.get("ipAddress")
                self.access[key] = {"groupId": self.project, **entry}
            return self.listed(list(self.access.values()), query)
        if value[0] not in self.access:
            raise Answer(404, "ATLAS_NETWORK_PERMISSION_ENTRY_NOT_FOUND", "There is none.")
        if not self.keeps:
            del self.access[value[0]]
        return None

    def create(self, user: dict[str, Any]) -> Any:
        self.needs("GROUP_DATABASE_ACCESS_ADMIN")
        for field in ("databaseName", "groupId", "username", "roles", "password"):
            if field not in user:
                raise Answer(400, "MISSING_ATTRIBUTE", f"The attribute {field} is missing.")
        self.check_user(user)
        key = (user["databaseName"], user["username"])
        if key in self.users:
            raise Answer(409, "USER_ALREADY_EXISTS", f"A user {key[1]} already exists.")
        if len(self.users) >= MOST_USERS:
            raise Answer(400, "CANNOT_EXCEED_MAX_DATABASE_USERS", "The limit is 100 users.")
        self.users[key] = user
        self.changed()
        return shown(user)

    def check_user(self, user: Mapping[str, Any]) -> None:
        password = user.get("password")
        if password is not None and len(password) < self.shortest_password:
            quoted = f" {password}" if self.quotes_the_password else ""
            raise Answer(400, "PASSWORD_TOO_SHORT", f"The password{quoted} is too short.")
        if "roles" in user and not user["roles"]:
            raise Answer(400, "MISSING_ATTRIBUTE", "The required attribute roles was not given.")
        if any(role["roleName"] == "unknown" for role in user.get("roles", ())):
            raise Answer(400, "UNSUPPORTED_ROLE", "The provided role is not supported.")
        until = user.get("deleteAfterDate")
        if until is not None:
            ahead = datetime.fromisoformat(until) - self.clock.now()
            if not timedelta() < ahead <= timedelta(days=7):
                raise Answer(400, "DELETE_AFTER_DATE_INVALID", "It must be within a week.")

    def state(self, name: str) -> Any:
        cluster = next((one for one in self.clusters if one.name == name), None)
        if cluster is None:
            raise Answer(404, "CLUSTER_NOT_FOUND", f"No cluster named {name} exists.")
        cluster.left = max(0, cluster.left - 1)
        if cluster.left:
            return {"changeStatus": "PENDING"}
        cluster.users = {key: dict(user) for key, user in self.users.items()}
        self.taken_over(cluster)
        return {"changeStatus": "APPLIED"}

    def front_page(self) -> Any:
        roles = [{"groupId": self.project, "roleName": role} for role in sorted(self.roles)]
        key = {"publicKey": self.public, "roles": roles}
        return {"apiKey": key if self.shows_roles else None, "appName": "MongoDB Atlas"}

    def listed(self, results: list[Any], query: Mapping[str, str]) -> Any:
        size = min(int(query.get("itemsPerPage", "100")), self.page)
        first = (int(query.get("pageNum", "1")) - 1) * size
        return {"results": results[first : first + size], "totalCount": len(results)}

    def needs(self, *any_of: str) -> None:
        if not self.roles & {*any_of, "GROUP_OWNER"}:
            raise Answer(403, "USER_UNAUTHORIZED", "The current user may not perform this.")

    # --- who asks

    def new_token(self, headers: Mapping[str, str], body: bytes) -> Any:
        pair = base64.b64encode(self.service_account.encode()).decode()
        if headers.get("authorization") != f"Basic {pair}":
            refused = Answer(401)
            refused.body = {"error": "invalid_client", "error_description": "unknown client"}
            raise refused
        if parse_qs(body.decode()) != {"grant_type": ["client_credentials"]}:
            raise Answer(400, "unsupported_grant_type")
        token = secrets.token_urlsafe(40)
        self.tokens[token] = self.clock.monotonic() + self.token_lasts_s
        return {"access_token": token, "token_type": "Bearer", "expires_in": self.token_lasts_s}

    def check_key(self, method: str, target: str, headers: Mapping[str, str]) -> None:
        scheme, _, rest = headers.get("authorization", "").partition(" ")
        if scheme == "Bearer":
            if self.tokens.get(rest, 0) <= self.clock.monotonic():
                raise Answer(401, "UNAUTHORIZED", "The token is invalid or has expired.")
            return
        if scheme == "Digest" and self.digest_holds(method, target, rest):
            return
        refused = Answer(401, "UNAUTHORIZED", "You are not authorized for this resource.")
        nonce = secrets.token_hex(16)
        self.nonces[nonce] = 0
        refused.headers["WWW-Authenticate"] = (
            f'Digest realm="{REALM}", domain="", nonce="{nonce}", algorithm=MD5, '
            'qop="auth", stale=false'
        )
        raise refused

    def digest_holds(self, method: str, target: str, text: str) -> bool:
        given = parse_keqv_list(parse_http_list(text))
        count = int(given["nc"], 16)
        if self.nonces.get(given["nonce"], count) >= count or given["uri"] != target:
            return False
        self.nonces[given["nonce"]] = count
        who = md5(f"{self.public}:{REALM}:{self.private}")
        what = md5(f"{method}:{target}")
        numbers = f"{given['nonce']}:{given['nc']}:{given['cnonce']}:{given['qop']}"
        return given["username"] == self.public and given["response"] == md5(
            f"{who}:{numbers}:{what}"
        )

    def check_media(self, kind: str, headers: Mapping[str, str], body: bytes) -> None:
        fine = {f"application/vnd.atlas.{version}+json" for version in VERSIONS.get(kind, ())}
        if headers.get("accept") not in fine:
            raise Answer(406, "INVALID_VERSION_DATE", "no such version of this resource")
        if body and headers.get("content-type") not in fine:
            raise Answer(415, "UNSUPPORTED_MEDIA", "no such version of this resource")


def md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


def shown(user: Mapping[str, Any]) -> dict[str, Any]:
    """A user as an answer has it: all but the password, and no expiry that was taken away."""
    hidden = {"password"} | ({"deleteAfterDate"} if user.get("deleteAfterDate") is None else set())
    kept = {key: value for key, value in user.items() if key not in hidden}
    return {"labels": [], "scopes": [], "awsIAMType": "NONE", "x509Type": "NONE", **kept}


def _handler(atlas: Atlas) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1
        disable_nagle_algorithm = True

        def handle(self) -> None:
            with suppress(ConnectionError):  # a client that did not wait
                super().handle()

        def handle_one_request(self) -> None:
            with suppress(ConnectionError):
                super().handle_one_request()
                return
            self.close_connection = True

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Nothing on stderr."""

        def do_GET(self) -> None:
            self.serve()

        do_POST = do_PATCH = do_DELETE = do_GET  # noqa: N815

        def serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            headers = {key.lower(): value for key, value in self.headers.items()}
            with atlas.lock:
                seen = Seen(self.command, self.path)
                fault = atlas.faults(len(atlas.seen), seen)
                atlas.seen.append(Seen(self.command, self.path, fault))
                if fault is Fault.EXPIRED:
                    atlas.tokens.clear()
                    atlas.nonces.clear()
                if fault in {Fault.LIMITED, Fault.LIMITED_SILENTLY}:
                    limited = Answer(429, "RATE_LIMITED_TOKEN_BUCKET", "Please retry later.")
                    if fault is Fault.LIMITED:
                        limited.headers["Retry-After"] = atlas.retry_after
                    self.reply(limited.status, limited.body, limited.headers)
                    return
                result: Any = None
                if fault is None or fault is Fault.EXPIRED or fault in DONE:
                    result = self.carried_out(headers, body)
                    atlas.meanwhile(seen)
            self.break_off(fault) if fault not in {None, Fault.EXPIRED} else self.reply(*result)

        def carried_out(self, headers: Mapping[str, str], body: bytes) -> tuple[int, Any, Any]:
            try:
                result = atlas.answer(self.command, self.path, headers, body)
            except Answer as answer:
                return answer.status, answer.body, answer.headers
            good = {"POST": 201, "DELETE": 204 if result is None else 200}.get(self.command, 200)
            return (200 if "oauth" in self.path else good), result, {}

        def break_off(self, fault: Fault | None) -> None:
            self.close_connection = True
            if fault in STATUS:
                self.reply(STATUS[fault], {"error": STATUS[fault], "errorCode": "UNEXPECTED_ERROR"})
            elif fault is Fault.CUT:
                self.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"username": ')
                self.wfile.flush()
            elif fault is Fault.SLOW:
                atlas.ended.wait(1.0)
            elif fault in {Fault.RESET, Fault.RESET_AFTER}:
                self.connection.setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                )
                self.connection.close()

        def reply(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
            text = b"" if body is None else json.dumps(body).encode()
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            if status != 204:
                self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

    return Handler
