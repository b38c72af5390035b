"""Single requests over HTTP, with httpx."""

import time

import httpx

from skillconnect_ops.core.outcome import Fact, Known, Missing
from skillconnect_ops.core.ports.requests import Answer, Request

_LARGEST_BYTES = 1 << 16
_HEADERS = {"Accept-Encoding": "identity", "User-Agent": "skc"}


class HttpRequests:
    """Implements `core.ports.requests.Requests`."""

    def send(self, request: Request, *, patience_s: float) -> Fact[Answer]:
        """Send it once; of a long body the beginning is read, and as long as there is time."""
        until = time.monotonic() + patience_s
        try:
            with (
                httpx.Client(timeout=patience_s, trust_env=False, follow_redirects=False) as client,
                client.stream(
                    request.method,
                    request.url,
                    headers={**_HEADERS, **request.headers},
                    content=request.body or None,
                ) as answer,
            ):
                body = bytearray()
                for part in answer.iter_raw():
                    body += part
                    if len(body) > _LARGEST_BYTES or time.monotonic() > until:
                        break
                return Known(
                    Answer(
                        status=answer.status_code,
                        headers={name.lower(): text for name, text in answer.headers.items()},
                        body=bytes(body[:_LARGEST_BYTES]).decode("utf-8", errors="replace"),
                    )
                )
        except httpx.ConnectError as error:
            if _is_refused(error):
                return Known(Answer(status=None))
            return Missing(f"{request.url} cannot be reached: {error}")
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            return Missing(f"{request.url} does not answer ({type(error).__name__})")


def _is_refused(error: BaseException | None) -> bool:
    """Whether the machine itself said that nobody listens."""
    while error is not None:
        if isinstance(error, ConnectionRefusedError):
            return True
        error = error.__cause__ or error.__context__
    return False
