"""Credentials in an Authorization header.

A bearer token or `user:password` in base64, pasted into a script, a test or a log.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example, Kin
from skillconnect_ops.detection.shapes import shaped

DETECTOR = Detector(
    id="authorization-header",
    what="Authorization header with a credential",
    severity=Severity.HIGH,
    remedy="revoke the token or change the password; read it from the environment",
    kin=Kin.NAMED,
    keywords=("authorization", "proxy-authorization"),
    any_case=True,
    look=shaped(
        rb"(?i)(?:proxy-)?authorization\\{0,2}[\"'`]?\]?"
        rb"[ \t]{0,4}[:=,][ \t]{0,4}[bf]?\\{0,2}[\"'`]?"
        rb"(?:bearer|basic|token|apikey|key|digest)[ \t]{1,4}"
        rb"(?P<secret>[A-Za-z0-9_.~+/=${}<>\[\]-]{8,2000})"
    ),
    hits=(
        Example("Authorization: Bearer <alnum 40>"),
        Example("'Authorization': 'Basic <base64 32>'"),
        Example('-H "authorization: token <hex 40>"'),
    ),
    misses=(
        Example("Authorization: Bearer"),
        Example("authorization: true"),
        Example("Authorization header"),
    ),
)
