"""Figures for Prometheus, of all workers together; only for who has the token for them."""

import hmac
import os

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client import multiprocess as shared

from skillconnect_ops.reference_api import process

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

REQUESTS = Counter("http_requests", "Requests answered.", ("method", "route", "status"))
SECONDS = Histogram(
    "http_request_duration_seconds",
    "How long an answer took.",
    ("route",),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
LIMITED = Counter("rate_limited", "Requests refused by a limit.", ("policy",))
RELOADS = Counter("settings_reloads", "Changed settings, loaded or refused.", ("outcome",))
SOCKETS = Gauge("realtime_connections", "Open connections.", multiprocess_mode="livesum")


def text() -> bytes:
    """All of them, as Prometheus reads them."""
    if not process.shares_figures():
        return generate_latest()
    for pid in process.dead_sharers():  # one that was killed has nothing open any more
        shared.mark_process_dead(pid)  # type: ignore[no-untyped-call]
    registry = CollectorRegistry()
    shared.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)


def leave() -> None:
    """This worker ends: what it has now is nothing any more; what it has counted stays."""
    if process.shares_figures():
        shared.mark_process_dead(os.getpid())  # type: ignore[no-untyped-call]


def may_read(authorization: str, token: str) -> bool:
    """Whether a request's `Authorization` header has the token."""
    return hmac.compare_digest(authorization.encode(), f"Bearer {token}".encode())
