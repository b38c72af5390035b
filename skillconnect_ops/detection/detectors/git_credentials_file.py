""".git-credentials: git's store of passwords.

One URI a line with user and password or token, in clear; here even an odd one counts.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example, Kin
from skillconnect_ops.detection.shapes import lines

DETECTOR = Detector(
    id="git-credentials-file",
    what="stored git credential",
    severity=Severity.CRITICAL,
    remedy="revoke the token at the forge; use a credential helper that encrypts",
    kin=Kin.NATURE,
    files=r"/(?:\.git-credentials|git/credentials)$",
    read=lines(
        rb"^\w{2,8}://[^\s:/]{1,200}:(?P<secret>[^\s/]{1,400})@[\w.:-]{1,200}/?[^\s]{0,200}$"
    ),
    hits=(
        Example("https://me:<alnum 12>@git.corp.io", ".git-credentials"),
        Example("https://me@corp.io:p#<alnum 12>@git.corp.io", ".git-credentials"),
    ),
    misses=(Example("https://git.corp.io", ".git-credentials"),),
)
