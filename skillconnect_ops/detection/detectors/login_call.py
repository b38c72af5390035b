"""A password given to a call in clear.

`login('user', 'password')`: no name says that the second string is a password, the call does.
"""

from collections.abc import Iterable

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.regex import regex
from skillconnect_ops.detection.model import Detector, Example, Kin, Span
from skillconnect_ops.detection.page import Page

_ARGUMENTS = regex(
    rb"\s{0,20}(?P<q>[\"'])(?P<user>[^\"'\r\n]{1,80})(?P=q)\s{0,20},\s{0,20}(?P<p>[\"'])"
    rb"(?P<secret>[^\"'\r\n]{4,200})(?P=p)\s{0,20}[,)]"
)


def _look(page: Page, _start: int, end: int) -> Iterable[Span]:
    found = _ARGUMENTS.match(page.content, end)
    if found is None:
        return ()
    start, end = found.span("secret")
    # The name carries the rule: grading asks less of a password than of a key.
    return (Span(start=start, end=end, whole=found.span(), name="password"),)


DETECTOR = Detector(
    id="login-call",
    what="password given to a login call",
    severity=Severity.HIGH,
    remedy="change the password and read it from the environment",
    kin=Kin.NAMED,
    keywords=(
        "login(",
        "Login(",
        "authenticate(",
        "basic_auth(",
        "basicAuth(",
        "BasicAuth(",
        "set_password(",
        "setPassword(",
        "createUser(",
    ),
    look=_look,
    hits=(
        Example("conn.login('me@corp.io', '<alnum 16>', done);"),
        Example('server.login("bot", "<alnum 16>")'),
    ),
    misses=(
        Example("app.post('/login', 'x')"),
        Example("login(user, password)"),
        Example("client.login(process.env.A, 'x')"),
    ),
)
