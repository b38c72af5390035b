"""A random value under a name that could mean a secret.

`STORAGE_KEY`, `hmac`, `auth`, `license_key`: weaker names than a password's, so here the
value must convince: long, mixed and without words in it.
"""

from collections.abc import Iterable

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.assignment import assignments
from skillconnect_ops.detection.model import Detector, Example, Kin, Span
from skillconnect_ops.detection.page import Page
from skillconnect_ops.detection.values import looks_random

_LOOK = assignments()


def _look(page: Page, start: int, end: int) -> Iterable[Span]:
    return [
        span
        for span in _LOOK(page, start, end)
        if looks_random(page.content[span.start : span.end].decode("latin-1"))
    ]


DETECTOR = Detector(
    id="random-value",
    what="random value in a secret-like place",
    severity=Severity.MEDIUM,
    remedy="if it is a secret, change it and read it from the environment",
    kin=Kin.NAMED,
    keywords=(
        "key=",
        "key =",
        "key:",
        'key"',
        "key'",
        "key>",
        "keys=",
        "keys:",
        "auth=",
        "auth:",
        'auth"',
        "hmac",
        "license_key",
        "credentials",
    ),
    any_case=True,
    look=_look,
    hits=(
        Example("STORAGE_KEY=<hex 40>"),
        Example("hmacKey: '<alnum 40>'"),
        Example("SESSION_KEYS=<alnum 40>", ".env"),
    ),
    misses=(
        Example("key: 'user'"),
        Example("KEY=value"),
        Example("primaryKey: 'user_id_v2_long_name'"),
        Example("- keys: {requester: 1, status: 1, createdAt: -1}", "indexes.yaml"),
    ),
)
