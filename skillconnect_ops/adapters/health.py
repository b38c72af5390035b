"""Health answers over HTTP, with httpx."""

import time

import httpx
import msgspec

from skillconnect_ops.core.outcome import Fact, Known, Missing
from skillconnect_ops.core.ports.health import Generations, Health

_LARGEST_BYTES = 1 << 18
_LONGEST_LIST = 64
_HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity"}


class TooMuch(Exception):
    """The answer has no end, or takes too long."""


class HttpHealthAnswers:
    """Implements `core.ports.health.HealthAnswers`."""

    def ask(self, url: str, *, patience_s: float) -> Fact[Health]:
        """Ask once."""
        try:
            status, body = _got(url, patience_s)
        except TooMuch as error:
            return Missing(f"{url}: {error}")
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            return Missing(f"{url} does not answer ({type(error).__name__})")
        if not httpx.codes.is_success(status):
            return Missing(f"{url} answers with {status}")
        return Known(Health(loaded=_loaded(body)))


def _got(url: str, patience_s: float) -> tuple[int, bytes]:
    """The status and the body; the whole of it has to come in time."""
    until = time.monotonic() + patience_s
    with (
        httpx.Client(timeout=patience_s, trust_env=False, follow_redirects=False) as client,
        client.stream("GET", url, headers=_HEADERS) as answer,
    ):
        body = bytearray()
        for part in answer.iter_raw():
            body += part
            if len(body) > _LARGEST_BYTES:
                raise TooMuch("its answer is too long for one about health")
            if time.monotonic() > until:
                raise TooMuch("its answer does not come to an end")
        return answer.status_code, bytes(body)


def _loaded(body: bytes) -> dict[str, Generations]:
    """What is understood of it; the rest counts as not said."""
    try:
        answer = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}  # well, and says nothing: many answer with `OK` alone
    said = answer.get("skc") if isinstance(answer, dict) else None
    found: dict[str, Generations] = {}
    for name, value in said.items() if isinstance(said, dict) else ():
        if value is None or isinstance(value, str):
            found[name] = value
        elif isinstance(value, list):
            known = tuple(one for one in value if one is None or isinstance(one, str))
            if len(value) == len(known) <= _LONGEST_LIST:
                found[name] = known
    return found
