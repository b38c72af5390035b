"""A secret that signs JSON Web Tokens.

Whoever holds it writes tokens for any user, an administrator among them, and no log shows it.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.assignment import named
from skillconnect_ops.detection.model import Detector, Example, Kin

DETECTOR = Detector(
    id="jwt-secret",
    what="JWT signing secret",
    severity=Severity.CRITICAL,
    remedy="rotate it; every session ends",
    kin=Kin.NAMED,
    keywords=("jwt",),
    any_case=True,
    look=named(r"(?i)jwt[\w.-]{0,24}(?:secret|key|salt)|secret[_-]?jwt"),
    hits=(
        Example("JWT_SECRET_KEY=<hex 64>"),
        Example("jwtSecret: '<alnum 40>'"),
        Example("ENV JWT_SECRET <alnum 32>", "Dockerfile"),
    ),
    misses=(
        Example("JWT_EXPIRES_IN=7d"),
        Example("jwt.sign(payload, process.env.JWT_SECRET)"),
        Example("const jwt = require('jsonwebtoken')"),
    ),
)
