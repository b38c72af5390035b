"""Any other URI with a user and a password in it.

`https://user:password@host`, FTP, LDAP, SQL Server and whatever else has a scheme; this is also
what .git-credentials and a git remote with a token look like.
"""

from collections.abc import Iterable

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.regex import regex
from skillconnect_ops.detection.model import Detector, Example, Span
from skillconnect_ops.detection.page import Page
from skillconnect_ops.detection.shapes import uri

_SCHEME = regex(rb"[A-Za-z][A-Za-z0-9+.-]{0,30}$")
_LOOK = uri(rb"[A-Za-z][A-Za-z0-9+.-]{0,30}", of_a_database=False)
_AFTER_A_SLASH = regex(rb"[^\s\"'`<>\\@]{1,256}+@")
_TOKEN = regex(rb"[A-Za-z0-9_-]{20,}$")
_NO_PASSWORD = frozenset({b"x-oauth-basic", b"x-access-token", b""})


def _look(page: Page, start: int, end: int) -> Iterable[Span]:
    # Cheap first: most addresses have no colon before their path, or a port after it.
    content = page.content
    authority = content[end : end + 800].split(b"/", 1)[0]
    colon = authority.find(b":")
    if colon < 0 or (
        b"@" not in authority
        and (authority[colon + 1 :].isdigit() or not _AFTER_A_SLASH.match(content, end))
    ):
        return ()
    scheme = _SCHEME.search(content, max(start - 31, 0), start)
    if scheme is None:
        return ()
    return [_user_as_secret(page, span) for span in _LOOK(page, scheme.start(), end)]


def _user_as_secret(page: Page, span: Span) -> Span:
    """GitHub lets the token be the user: `https://TOKEN:x-oauth-basic@…`."""
    user = span.name.encode()
    if page.content[span.start : span.end] not in _NO_PASSWORD or not _TOKEN.match(user):
        return span
    return Span(start=span.start - 1 - len(user), end=span.start - 1, whole=span.whole)


DETECTOR = Detector(
    id="credential-uri",
    what="URI with a password",
    severity=Severity.HIGH,
    remedy="take the credential out of the address and change it",
    keywords=("://",),
    look=_look,
    hits=(
        Example("git clone https://ci:<alnum 20>@git.corp.io/a.git"),
        Example("ftp://deploy:<alnum 12>@ftp.corp.io/"),
        Example("'ftp://deploy:ab/<alnum 12>@ftp.corp.io/'", "a.js"),
        Example("https://<alnum 40>:x-oauth-basic@git.corp.io/a.git"),
    ),
    misses=(
        Example("https://corp.io:8080/a@b"),
        Example("see http://corp.io/?mail=a:b@c.de"),
        Example("https://user@corp.io/"),
        Example("http://localhost:PORT/@scope/pkg@1.2.3"),
        Example("http://${host}:${port}/users/me@corp.io"),
    ),
)
