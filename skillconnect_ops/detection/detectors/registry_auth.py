"""Credentials of a package registry in .npmrc or .yarnrc.

`_auth`, `_password` and `_authToken` publish packages in the owner's name.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example, Kin
from skillconnect_ops.detection.shapes import shaped

DETECTOR = Detector(
    id="registry-auth",
    what="package registry credential",
    severity=Severity.CRITICAL,
    remedy="revoke the token with `npm token revoke`, and look at what was published",
    kin=Kin.NATURE,
    keywords=("_authToken", "_auth", "_password", "npmAuthToken", "npmAuthIdent"),
    look=shaped(
        rb"(?:(?<=[:\s])|^)(?:_authToken|_auth|_password)\"?[ \t]{0,4}=[ \t]{0,4}\"?"
        rb"(?P<secret>[^\s\"]{8,400})"
        rb"|(?:npmAuthToken|npmAuthIdent)\"?:[ \t]{1,4}\"?"
        rb"(?P<token>[^\s\"]{8,400})"
    ),
    hits=(
        Example("//registry.example.org/:_authToken=<uuid 1>"),
        Example("_auth = <base64 24>"),
        Example("npmAuthToken: <alnum 36>"),
    ),
    misses=(
        Example("always-auth=true"),
        Example("_auth"),
    ),
)
