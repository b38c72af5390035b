"""A password on a command line.

`curl -u user:password`, `mysql -p…`, `sshpass -p`, `mongosh -p`: it stands in the shell's history
and in `ps` as well.
"""

from collections.abc import Iterable

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.regex import regex
from skillconnect_ops.detection.model import Detector, Example, Kin, Span
from skillconnect_ops.detection.page import Page

_VALUE = rb"(?P<q>[\"']?)(?P<secret>[^\s\"'|;&<>]{4,200})(?P=q)(?=\s|$)"
_FAR = 300
_OF = (
    (
        regex(rb"curl |wget "),
        rb"-u|--user|--http-user",
        rb"[= ]{1,2}[\"']?[^\s:\"'$@]{1,80}:(?P<secret>[^\s\"'|;&<>]{4,200})",
    ),
    (
        regex(rb"mysql"),
        rb"-p",
        rb"(?P<q>[\"']?)(?P<secret>[^\s\"'|;&<>-]{4,200})(?P=q)(?=\s|$)",
    ),
    (regex(rb"sshpass |mongo|docker login"), rb"-p", rb"[= ]{0,2}" + _VALUE),
    (regex(rb"redis-cli "), rb"-a", rb" " + _VALUE),
    (regex(rb"psql "), rb"password", rb"=" + _VALUE),
)
"""The program, its option, and how the password follows."""
_READY = tuple(
    (program, regex(rb"(?<=[\s\"'])(?:" + option + rb")" + value)) for program, option, value in _OF
)
_END = regex(rb"[\r\n|;]")


def _look(page: Page, start: int, end: int) -> Iterable[Span]:
    content = page.content
    for program, option in _READY:
        if program.match(content, start):
            over = _END.search(content, end, end + _FAR)
            found = option.search(content, end - 1, over.start() if over else end + _FAR)
            if found is None:
                return ()
            begin, stop = found.span("secret")
            return (Span(start=begin, end=stop, name="password", quoted=False),)
    return ()


DETECTOR = Detector(
    id="command-password",
    what="password on a command line",
    severity=Severity.HIGH,
    remedy="change it; pass it by prompt, file or environment",
    kin=Kin.NAMED,
    keywords=(
        "curl ",
        "mysql ",
        "mysqldump ",
        "sshpass ",
        "mongosh ",
        "mongo ",
        "mongodump ",
        "mongorestore ",
        "redis-cli ",
        "wget ",
        "docker login",
        "psql ",
    ),
    look=_look,
    hits=(
        Example("curl -u admin:<alnum 16> https://corp.io"),
        Example("mysql -u root -p<alnum 16> app"),
        Example("sshpass -p '<alnum 16>' ssh me@corp.io"),
        Example("mongosh -u app -p <alnum 16> db"),
    ),
    misses=(
        Example("curl -u admin https://corp.io"),
        Example("mysql -u root -p app"),
        Example("mkdir -p build"),
    ),
)
