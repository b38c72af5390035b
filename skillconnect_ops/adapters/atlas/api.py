"""Requests to the Admin API: signed, tried again, and never with a secret in what they raise.

A request whose answer is lost may have been carried out. Whoever sends a change says how to find
out (`settled`), and is asked before the change is sent again.
"""

import json
import ssl
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn
from urllib.parse import quote, urlsplit

import httpx

from skillconnect_ops.adapters.atlas import answers, errors
from skillconnect_ops.adapters.atlas.credentials import ApiKey, Credentials, ServiceAccount
from skillconnect_ops.adapters.atlas.errors import Rejected
from skillconnect_ops.adapters.atlas.patience import Limits, Patience
from skillconnect_ops.core.plan import Clock
from skillconnect_ops.core.ports.database import APP_NAME, CannotConnect
from skillconnect_ops.core.secret import Secret

ATLAS = "https://cloud.mongodb.com"
USERS = "2023-01-01"
"""The version of the API that users and states of clusters are spoken of in."""
TIMEOUT_S = 20.0
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_RENEW_EARLY_S = 60.0
_AGAIN = frozenset({500, 502, 503, 504})
_TOO_MANY = 429
_PAGE = 500
_MOST_PAGES = 100


class _Unanswered(Exception):
    """One attempt brought nothing; another one may."""

    def __init__(
        self, reason: str, *, sent: bool = False, limited: bool = False, wait_s: float = 0
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.sent = sent
        """It may have been carried out."""
        self.limited = limited
        self.wait_s = wait_s


class AdminApi:
    """Speaks to the Admin API as one key.

    Args:
        credentials: the key.
        clock: waits, and knows when a token expires.
        limits: of each call.
        jitter: gives 0 to 1.
        base_url: Atlas itself; another one must be on this machine, as in tests.
        timeout_s: of each attempt, to connect and between two pieces of an answer.
    """

    def __init__(
        self,
        credentials: Credentials,
        *,
        clock: Clock,
        limits: Limits,
        jitter: Callable[[], float],
        base_url: str = ATLAS,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        here = urlsplit(base_url).hostname in _LOOPBACK
        if base_url != ATLAS and not here:
            raise CannotConnect(
                "the key to the Admin API is shown to Atlas, or to this machine alone",
                why="what stands for Atlas is neither",
                fix="unset SKC_ATLAS_URL",
            )
        self.where = urlsplit(base_url).netloc
        self.credentials = credentials
        self._clock = clock
        self._limits = limits
        self._jitter = jitter
        self._digest = _digest(credentials)
        self._token: Secret | None = None
        self._token_until = 0.0
        # no proxy of the environment stands between us and ourselves, and no certificate is trusted
        self._client = httpx.Client(
            base_url=base_url,
            timeout=timeout_s,
            trust_env=not here,
            verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if here else True,
            follow_redirects=False,
            headers={"User-Agent": APP_NAME},
        )

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()

    def patience(self, limits: Limits | None = None) -> Patience:
        """For one call, or for several that belong together."""
        return Patience(limits or self._limits, clock=self._clock, jitter=self._jitter)

    def call(
        self,
        method: str,
        *path: str,
        doing: str,
        body: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
        query: Mapping[str, str] | None = None,
        version: str = USERS,
        hidden: Sequence[Secret] = (),
        settled: Callable[[Patience], bool] | None = None,
        patience: Patience | None = None,
    ) -> Any:
        """Send one request until it is answered; gives the JSON, or None where there is none.

        Args:
            method: of HTTP.
            path: below `/api/atlas/v2`, in parts that are not encoded yet.
            doing: what it does, for errors.
            body: of the request.
            query: of the address.
            version: the date that names the form of request and answer.
            hidden: what of the body may not be seen in an error.
            settled: asks whether a change took effect whose answer was lost; without it the change
                is one that may be sent twice.
            patience: shared with other calls.

        Raises:
            Rejected: Atlas says no.
            DatabaseError: no answer, or none of Atlas.
        """
        patience = patience or self.patience()
        address = "/".join(("/api/atlas/v2", *map(_encoded, path)))
        media = f"application/vnd.atlas.{version}+json"
        headers = {"Accept": media}
        content = None
        if body is not None:
            headers["Content-Type"] = media
            content = json.dumps(body).encode()
        request = self._client.build_request(
            method, address, params=query, headers=headers, content=content
        )
        doubtful = False
        while True:
            try:
                return self._json(self._signed(request, doing, patience), hidden)
            except Rejected:
                if doubtful and settled is not None and settled(patience):
                    return None
                raise
            except _Unanswered as error:
                doubtful = doubtful or error.sent
                if doubtful and settled is not None and settled(patience):
                    return None
                if not patience.waits(error.wait_s):
                    self._give_up(error, doing, patience, doubtful=doubtful)

    def pages(
        self, *path: str, doing: str, version: str = USERS, patience: Patience | None = None
    ) -> list[Mapping[str, Any]]:
        """All results of a listing.

        Raises:
            Rejected: Atlas says no.
            DatabaseError: no answer, or none of Atlas.
        """
        patience = patience or self.patience()
        found: list[Mapping[str, Any]] = []
        for number in range(1, _MOST_PAGES + 1):
            query = {"pageNum": str(number), "itemsPerPage": str(_PAGE)}
            page = self.call(
                "GET", *path, doing=doing, query=query, version=version, patience=patience
            )
            results = page.get("results") if isinstance(page, dict) else None
            if not isinstance(results, list) or not all(isinstance(one, dict) for one in results):
                raise errors.not_atlas(self.where, f"the answer to {doing} is no list")
            found += results
            total = page.get("totalCount")
            if not results or (
                len(found) >= total if isinstance(total, int) else not answers.has_more(page)
            ):
                return found
        raise errors.not_atlas(self.where, f"the answer to {doing} has no end")

    def _signed(self, request: httpx.Request, doing: str, patience: Patience) -> httpx.Response:
        """One attempt with the key; a token or nonce that no longer serves is renewed once."""
        self._authorize(request, doing, patience)
        answer = self._once(request, auth=self._digest)
        if answer.status_code != httpx.codes.UNAUTHORIZED:
            return answer
        self._token = None
        self._digest = _digest(self.credentials)
        self._authorize(request, doing, patience)
        return self._once(request, auth=self._digest)

    def _authorize(self, request: httpx.Request, doing: str, patience: Patience) -> None:
        """Put a token on the request, where the key is one for tokens; a digest is made later."""
        request.headers.pop("Authorization", None)
        if not isinstance(self.credentials, ServiceAccount):
            return
        if self._token is None or self._clock.monotonic() >= self._token_until:
            self._token = self._new_token(self.credentials, doing, patience)
        request.headers["Authorization"] = f"Bearer {self._token.reveal()}"

    def _new_token(self, account: ServiceAccount, doing: str, patience: Patience) -> Secret:
        pair = (account.client_id.reveal(), account.client_secret.reveal())
        while True:
            request = self._client.build_request(
                "POST",
                "/api/oauth/token",
                data={"grant_type": "client_credentials"},
                headers={"Accept": "application/json"},
            )
            asked_at = self._clock.monotonic()
            try:
                answer = self._json(self._once(request, auth=httpx.BasicAuth(*pair)), ())
                break
            except Rejected as error:
                if error.status == httpx.codes.BAD_REQUEST:  # so RFC 6749 names a wrong client
                    raise Rejected(
                        401, code=error.code, detail=error.detail, fields=error.fields
                    ) from error
                raise
            except _Unanswered as error:
                if not patience.waits(error.wait_s):
                    self._give_up(error, doing, patience, doubtful=error.sent)
        token = answer.get("access_token") if isinstance(answer, dict) else None
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise errors.not_atlas(self.where, "its answer holds no token")
        lasts = answer.get("expires_in")
        lasts_s = float(lasts) if isinstance(lasts, int | float) else 3600.0
        self._token_until = asked_at + lasts_s - min(_RENEW_EARLY_S, lasts_s / 10)
        return Secret(token)

    def _once(self, request: httpx.Request, *, auth: httpx.Auth | None) -> httpx.Response:
        """One attempt; an answer that says "later" or "broken" is none."""
        try:
            answer = self._client.send(request, auth=auth)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise _Unanswered(answers.reason(error)) from None
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise _Unanswered(answers.reason(error), sent=True) from None
        if answer.status_code == _TOO_MANY:
            wait_s = answers.asked_wait_s(answer, now=self._clock.now())
            raise _Unanswered("it limits the rate of requests", limited=True, wait_s=wait_s)
        if answer.status_code in _AGAIN:
            raise _Unanswered(f"it answers {answer.status_code}", sent=True)
        return answer

    def _json(self, answer: httpx.Response, hidden: Sequence[Secret]) -> Any:
        """What an answer holds.

        Raises:
            Rejected: it is not ok.
        """
        if answer.is_redirect:
            raise errors.not_atlas(self.where, "it wants to send us elsewhere")
        if answer.status_code == httpx.codes.NO_CONTENT or (
            answer.is_success and not answer.content
        ):
            return None
        try:
            data = answer.json()
        except ValueError:
            data = None
        if not answer.is_success:
            raise answers.rejected(answer.status_code, data, (*hidden, *self._own()))
        if data is None:
            raise errors.not_atlas(self.where, "its answer is no JSON")
        return data

    def _own(self) -> tuple[Secret, ...]:
        match self.credentials:
            case ServiceAccount(client_id, client_secret):
                pair = (client_id, client_secret)
            case ApiKey(public, private):
                pair = (public, private)
        return pair if self._token is None else (*pair, self._token)

    def _give_up(
        self, error: _Unanswered, doing: str, patience: Patience, *, doubtful: bool
    ) -> NoReturn:
        if error.limited and not doubtful:
            raise errors.rate_limited(self.where, wait_s=error.wait_s)
        if doubtful:
            raise errors.lost(self.where, doing, error.reason, tried=patience.failures)
        raise errors.unreachable(self.where, error.reason, tried=patience.failures)


def _digest(credentials: Credentials) -> httpx.DigestAuth | None:
    """Signs requests with an API key; it remembers the nonce of the last answer."""
    if not isinstance(credentials, ApiKey):
        return None
    return httpx.DigestAuth(credentials.public.reveal(), credentials.private.reveal())


def _encoded(part: str) -> str:
    """A part of a path; a name of dots alone would otherwise lead to another one (RFC 3986)."""
    return quote(part, safe="") if part.strip(".") else "%2E" * len(part)
