"""What can be read from an answer, or from its absence; pure."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

import httpx

from skillconnect_ops.adapters.atlas.errors import Rejected
from skillconnect_ops.core.secret import Secret


def asked_wait_s(answer: httpx.Response, *, now: datetime) -> float:
    """`Retry-After`, in seconds or as a date (RFC 9110, section 10.2.3); 0 where it lacks."""
    text = answer.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    with suppress(ValueError):
        until = parsedate_to_datetime(text)
        until = until if until.tzinfo else until.replace(tzinfo=UTC)
        return max(0.0, (until - now).total_seconds())
    return 0.0


def has_more(page: Mapping[str, Any]) -> bool:
    """Whether a listing goes on, where it does not say how long it is."""
    links = page.get("links")
    return isinstance(links, list) and any(
        isinstance(link, dict) and link.get("rel") == "next" for link in links
    )


def reason(error: Exception) -> str:
    """The transport's own words, which name hosts at most; its kind where it has none."""
    text = next(iter(str(error).splitlines()), "")
    kinds: dict[type[Exception], str] = {
        httpx.ReadTimeout: "no answer in time",
        httpx.WriteTimeout: "no answer in time",
        httpx.ConnectTimeout: "no connection in time",
    }
    return kinds.get(type(error)) or text or f"the connection broke ({type(error).__name__})"


def rejected(status: int, data: Any, hidden: Sequence[Secret]) -> Rejected:
    """An answer that is not ok: `detail, error, errorCode, reason`, or as RFC 6749 has it."""
    answer = data if isinstance(data, dict) else {}
    code = answer.get("errorCode") or answer.get("error")
    detail = answer.get("detail") or answer.get("error_description") or answer.get("reason")
    bad = answer.get("badRequestDetail")
    fields = bad.get("fields") if isinstance(bad, dict) else None
    named = [
        str(one.get("field"))
        for one in (fields if isinstance(fields, list) else ())
        if isinstance(one, dict)
    ]
    return Rejected(
        status,
        code=_line(code, hidden) if isinstance(code, str) else "",
        detail=_line(detail, hidden) if isinstance(detail, str) else "",
        fields=tuple(_line(name, hidden) for name in named),
    )


def _line(text: str, hidden: Sequence[Secret]) -> str:
    """A sentence from outside, fit for a terminal, and without what it cites of a secret."""
    values = {secret.reveal() for secret in hidden if secret}
    forms = {form for value in values for form in (value, quote(value), quote(value, safe=""))}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, "***")
    text = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(text.split())[:300].rstrip(".")
