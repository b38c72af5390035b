"""Docker's logins to registries.

`auth` in .dockercfg and .docker/config.json is user and password in base64, no encryption;
Kubernetes' pull secrets hold the same.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example
from skillconnect_ops.detection.shapes import shaped

DETECTOR = Detector(
    id="docker-auth",
    what="Docker registry login",
    severity=Severity.HIGH,
    remedy="change the password or revoke the token; use a credential helper",
    keywords=('"auth"', '"identitytoken"', '\\"auth\\"'),
    look=shaped(
        rb"\\{0,3}\"(?:auth|identitytoken)\\{0,3}\"\s{0,8}:\s{0,8}\\{0,3}\"(?P<secret>[A-Za-z0-9+/_.-]{16,2000}={0,2})\\{0,3}\""
    ),
    hits=(
        Example(
            '{"auths": {"https://index.docker.io/v1/": {"auth": "<base64 48>"}}}',
            ".docker/config.json",
        ),
        Example('"auth": "<base64 60>"', "x.json"),
    ),
    misses=(
        Example('"auth": true'),
        Example('"auth": "basic"'),
        Example('"auth": {"user": "x"}'),
    ),
)
