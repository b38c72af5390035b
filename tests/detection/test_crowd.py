"""One content with thousands of secrets: some are listed, all are counted, none is hidden."""

import secrets

from skillconnect_ops.core.finding import Confidence
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.detection import Blob, Match, Scanner
from skillconnect_ops.detection.crowd import MOST_LISTED

SCANNER = Scanner()


def scan(*lines: str, path: str = ".env") -> list[Match]:
    return SCANNER.scan(Blob(path=path, content="\n".join(lines).encode()))


def password(number: int) -> str:
    return f"DB_PASSWORD_{number}=Kq9{secrets.token_hex(6)}"


def test_what_is_not_listed_is_counted_with_where_it_begins_and_ends() -> None:
    *listed, rest = scan(*map(password, range(MOST_LISTED + 40)))
    assert len(listed) == MOST_LISTED
    assert rest.detector == listed[0].detector
    assert "40 more" in rest.what
    assert (rest.line, rest.end_line) == (MOST_LISTED + 1, MOST_LISTED + 40)
    assert (rest.severity, rest.confidence) == (listed[0].severity, Confidence.HIGH)
    assert rest.secret == rest.whole == Secret("")


def test_as_many_as_are_listed_need_no_counting() -> None:
    assert len(scan(*map(password, range(MOST_LISTED)))) == MOST_LISTED


def test_a_crowd_of_placeholders_hides_no_real_secret() -> None:
    found = scan(*(f"A_{n}_PASSWORD=${{A_{n}}}" for n in range(3000)), real := password(1))
    (sure,) = [one for one in found if one.confidence is Confidence.HIGH]
    assert sure.whole.reveal() == real
    (rest,) = [one for one in found if "more" in one.what]
    assert rest.confidence is Confidence.LOW
    assert f"{3000 - MOST_LISTED:,} more" in rest.what


def test_a_crowd_of_allowed_lines_allows_no_other() -> None:
    allowed = [f"{password(n)} # skc: allow a test" for n in range(MOST_LISTED + 5)]
    others = [password(n) for n in range(MOST_LISTED + 7)]
    rests = [one for one in scan(*allowed, *others) if "more" in one.what]
    assert {(one.allowed, one.what.partition(": ")[2][:6]) for one in rests} == {
        ("each on its own line", "5 more"),
        (None, "7 more"),
    }


def test_a_crowd_of_one_detector_hides_no_other() -> None:
    uri = f"u='mongodb://app:{secrets.token_hex(8)}@db.corp.io/x'"
    assert "mongodb-uri" in {one.detector for one in scan(*map(password, range(1000)), uri)}
