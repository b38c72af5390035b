"""Harmless requests to a running app, and what its answers must be like; pure.

Nothing is sent that the app could act on: health is asked for, a stranger's preflight, a route that
is not there, and a body that is no JSON. Only the host of the `health` address is ever contacted.

Sources: OWASP ASVS 5.0 (V3.4 headers, V3.5 origins, V12.2 HTTPS, V16.5 errors), the OWASP Secure
Headers Project, RFC 9110, RFC 6797 (HSTS), RFC 2606 (names that are nobody's).
"""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit, urlunsplit

from skillconnect_ops.commands.checklist.model import Probe
from skillconnect_ops.commands.checklist.standing import Outcome
from skillconnect_ops.core.ports.requests import Answer, Request

STRANGER = "https://stranger.invalid"
_NOWHERE = "/skc-no-such-route"
_STACK = re.compile(
    r"node_modules|\n\s+at .+:\d+|\bat [\w.<>]+ \(.+:\d+:\d+\)|Traceback \(most recent call last\)"
    r"|File \"[^\"]+\", line \d+|\.[cm]?[jt]s:\d+:\d+|\bSyntaxError: |\bMongo\w*Error\b"
)
_LIMITS = ("ratelimit", "ratelimit-policy", "ratelimit-limit", "x-ratelimit-limit")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_TO_HTTPS = frozenset({301, 302, 307, 308})

Judged = tuple[Outcome, str]


def requests_of(probe: Probe, url: str) -> tuple[Request, ...]:
    """What is sent to the program that answers there, in order."""
    nowhere = _at(url, _NOWHERE)
    json = {"Content-Type": "application/json"}
    match probe:
        case Probe.HEALTHY | Probe.HEADERS:
            return (Request(url=url),)
        case Probe.HTTPS:
            return () if _is_local(url) else (Request(url=url),)
        case Probe.CORS_CLOSED:
            asks = {"Access-Control-Request-Method": "POST"}
            return (
                Request(method="OPTIONS", url=url, headers={"Origin": STRANGER, **asks}),
                Request(url=url, headers={"Origin": STRANGER}),
                Request(url=url, headers={"Origin": "null"}),
            )
        case Probe.ERRORS_QUIET:
            return (
                Request(url=nowhere),
                Request(method="POST", url=nowhere, headers=json, body=b'{"skc":'),
            )
        case Probe.LIMITS_TOLD:
            return (Request(url=nowhere), Request(url=url))


def judge(probe: Probe, url: str, answers: Sequence[Answer]) -> Judged:
    """What the answers to `requests_of` say, in their order."""
    if probe is Probe.HTTPS and _is_local(url):
        return Outcome.NOT_APPLICABLE, f"{url} is on this machine, and no network lies between"
    if any(one.status is None for one in answers):
        return Outcome.FAIL, f"nobody listens at {url}"
    faults = {
        Probe.HEALTHY: _unhealthy,
        Probe.HEADERS: _headers,
        Probe.CORS_CLOSED: _cors,
        Probe.HTTPS: _https,
        Probe.ERRORS_QUIET: _loud,
        Probe.LIMITS_TOLD: _unlimited,
    }[probe](url, answers)
    if faults:
        return Outcome.FAIL, f"{url}: {'; '.join(faults)}"
    return Outcome.PASS, f"{url}: {_WELL[probe]}"


_WELL: Mapping[Probe, str] = {
    Probe.HEALTHY: "answers that it is well",
    Probe.HEADERS: "the security headers are set",
    Probe.CORS_CLOSED: "a strange origin is not allowed",
    Probe.HTTPS: "HTTPS, and only that",
    Probe.ERRORS_QUIET: "errors tell nothing of the inside",
    Probe.LIMITS_TOLD: "a rate limit is announced",
}


def _unhealthy(_url: str, answers: Sequence[Answer]) -> list[str]:
    status = answers[0].status or 0
    return [] if 200 <= status < 300 else [f"answers with {status}"]


def _headers(url: str, answers: Sequence[Answer]) -> list[str]:
    found = answers[0].headers
    policy = found.get("content-security-policy", "")
    framed = found.get("x-frame-options", "").upper() in {"DENY", "SAMEORIGIN"}
    faults = []
    if found.get("x-content-type-options", "").lower() != "nosniff":
        faults.append("no X-Content-Type-Options: nosniff")
    if not framed and "frame-ancestors" not in policy:
        faults.append("any page may frame it")
    if not policy:
        faults.append("no Content-Security-Policy")
    if url.startswith("https:") and not _is_hsts(found):
        faults.append("no Strict-Transport-Security")
    if "x-powered-by" in found:
        faults.append("X-Powered-By tells what it is made with")
    return faults


def _cors(_url: str, answers: Sequence[Answer]) -> list[str]:
    faults = []
    for one in answers:
        allowed = one.headers.get("access-control-allow-origin", "").strip().lower()
        if allowed in {"*", STRANGER, "null"}:
            who = {"*": "every origin", STRANGER: "a strange origin"}.get(allowed, "origin null")
            faults.append(f"{who} is allowed")
    return list(dict.fromkeys(faults))


def _https(url: str, answers: Sequence[Answer]) -> list[str]:
    one = answers[0]
    if url.startswith("https:"):
        return [] if _is_hsts(one.headers) else ["no Strict-Transport-Security"]
    to = urlsplit(one.headers.get("location", ""))
    leads = to.scheme == "https" and to.hostname == urlsplit(url).hostname
    return [] if one.status in _TO_HTTPS and leads else ["HTTP is answered, not led to HTTPS"]


def _loud(_url: str, answers: Sequence[Answer]) -> list[str]:
    faults = []
    for one, what in zip(
        answers, ("a route that is not there", "a body that is no JSON"), strict=True
    ):
        if (one.status or 0) >= 500:
            faults.append(f"{what} is answered with {one.status}")
        if _STACK.search(one.body):
            faults.append(f"{what} is answered with a stack trace")
    return faults


def _unlimited(_url: str, answers: Sequence[Answer]) -> list[str]:
    told = any(name in one.headers for one in answers for name in _LIMITS)
    return [] if told else ["no answer tells of a rate limit (RateLimit-Policy, RateLimit-Limit)"]


def _is_hsts(headers: Mapping[str, str]) -> bool:
    age = re.search(
        r"max-age=\"?(\d+)", headers.get("strict-transport-security", ""), re.IGNORECASE
    )
    return age is not None and int(age[1]) > 0


def _is_local(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "http" and parts.hostname in _LOOPBACK


def _at(url: str, path: str) -> str:
    """Another path at the same place."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))
