"""A Redis URI with a password.

Redis has a password and, since version 6, users; `redis://:password@host` has an empty user.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example
from skillconnect_ops.detection.shapes import uri

DETECTOR = Detector(
    id="redis-uri",
    what="Redis URI with a password",
    severity=Severity.CRITICAL,
    remedy="rotate the password, and keep it in the .env alone",
    keywords=("redis://", "rediss://", "valkey://", "valkeys://"),
    look=uri(rb"(?i:rediss?|valkeys?)"),
    hits=(Example("REDIS_URL=redis://:<alnum 20>@cache.corp.io:6379/0"),),
    misses=(Example("redis://cache.corp.io:6379"),),
)
