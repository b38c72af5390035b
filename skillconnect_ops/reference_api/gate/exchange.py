"""One request and what is known of it, from the gate to the routes."""

from typing import Any

from starlette.requests import Request
from starlette.types import Scope

from skillconnect_ops.reference_api.errors import ApiError, Code
from skillconnect_ops.reference_api.gate import cookies
from skillconnect_ops.reference_api.gate.limits import Hit
from skillconnect_ops.reference_api.proofs.tokens import Claims
from skillconnect_ops.reference_api.settings import Settings
from skillconnect_ops.reference_api.stores import Loaded

KEY = "skillconnect.exchange"
_LONGEST_COOKIE = 8_192


class Exchange:
    """One request, and the stores and settings that it ends with."""

    def __init__(self, scope: Scope, loaded: Loaded, *, request_id: str, client: str) -> None:
        self.loaded = loaded
        self.request_id = request_id
        self.client = client
        """The client's address."""
        self.hits: list[Hit] = []
        self.user_id: str | None = None
        self.headers: dict[bytes, bytes] = dict(reversed(scope["headers"]))
        """The first of each name."""
        self.cookies = _cookies(self.headers.get(b"cookie", b""))
        self.by_cookie = False
        """Whether it is a cookie that says who sent it; a browser adds those by itself."""
        self.claims: Claims | None = None
        self.refusal: ApiError | None = None
        """Why there are no claims, where a token was sent."""
        self._read_token()

    @property
    def settings(self) -> Settings:
        """As they stood when the request came."""
        return self.loaded.settings

    @property
    def who(self) -> str:
        """Whom limits count: the user of a session that stands, as far as is known here.

        Else the session that a valid token names, until it is seen to stand (`Living` says why);
        and the address where there is no valid token.
        """
        if self.claims is None:
            return f"ip:{self.client}"
        if self.loaded.living.knows(self.claims.user_id, self.claims.session_id):
            return f"user:{self.claims.user_id}"
        return f"session:{self.claims.session_id}"

    def text(self, name: str) -> str:
        """A header's value; empty where it is not there."""
        return str(self.headers.get(name.lower().encode(), b""), "latin-1")

    def must_have_claims(self) -> Claims:
        """What the token says.

        Raises:
            ApiError: there is none, or it is refused.
        """
        if self.claims is None:
            raise self.refusal or ApiError(Code.TOKEN_INVALID, "no token was sent")
        return self.claims

    def _read_token(self) -> None:
        scheme, _, token = self.text("authorization").partition(" ")
        if scheme.lower() != "bearer":
            token = self.cookies.get(cookies.session(self.settings), "")
            self.by_cookie = bool(token)
        if not token:
            return
        try:
            self.claims = self.loaded.access.verified(token.strip())
        except ApiError as error:
            self.refusal = error


def of(request: Request) -> Exchange:
    """The exchange that the gate made."""
    found: Any = request.scope[KEY]
    if not isinstance(found, Exchange):
        raise TypeError("the gate stands before all routes")
    return found


def _cookies(header: bytes) -> dict[str, str]:
    """All but those that are there twice, and differ.

    Other pages of our domain may set cookies that look like anything: they stop none of ours. One
    that they set beside ours, under its name, may come first or last; so neither is believed. In
    production browsers take none such, by the prefix.
    """
    if not header or len(header) > _LONGEST_COOKIE:
        return {}
    found: dict[str, str] = {}
    doubtful = set[str]()
    for pair in str(header, "latin-1").split(";"):
        name, _, value = (part.strip() for part in pair.partition("="))
        if found.setdefault(name, value) != value:
            doubtful.add(name)
    return {name: value for name, value in found.items() if name not in doubtful}
