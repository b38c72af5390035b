"""What an answer says of the app that gave it; no server is asked here."""

import pytest

from skillconnect_ops.commands.checklist.model import Probe
from skillconnect_ops.commands.checklist.probes import judge, requests_of
from skillconnect_ops.commands.checklist.standing import Outcome
from skillconnect_ops.core.ports.requests import Answer

OUTSIDE, SECURE = "http://api.example.com/health", "https://api.example.com/health"
HSTS = {"strict-transport-security": "max-age=31536000; includeSubDomains"}


def https(url: str, status: int = 200, /, **headers: str) -> Outcome:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return judge(Probe.HTTPS, url, [Answer(status=status, headers=names)])[0]


def test_http_on_this_machine_is_nobodys_to_read() -> None:
    for url in ("http://127.0.0.1:3000/health", "http://localhost/", "http://[::1]:80/h"):
        assert requests_of(Probe.HTTPS, url) == ()
        assert judge(Probe.HTTPS, url, [])[0] is Outcome.NOT_APPLICABLE


def test_http_elsewhere_has_to_lead_to_https_of_the_same_name() -> None:
    assert https(OUTSIDE, 301, location=SECURE) is Outcome.PASS
    assert https(OUTSIDE, 308, location=SECURE) is Outcome.PASS
    assert https(OUTSIDE, 200) is Outcome.FAIL
    assert https(OUTSIDE, 301, location="http://api.example.com/x") is Outcome.FAIL
    assert https(OUTSIDE, 301, location="https://evil.example.com/") is Outcome.FAIL
    assert https(OUTSIDE, 301, location="/health") is Outcome.FAIL
    assert https(OUTSIDE, 200, location=SECURE) is Outcome.FAIL


def test_https_has_to_be_told_to_stay() -> None:
    kept = HSTS["strict-transport-security"]
    assert https(SECURE, strict_transport_security=kept) is Outcome.PASS
    assert https(SECURE) is Outcome.FAIL
    assert https(SECURE, strict_transport_security="max-age=0") is Outcome.FAIL


def test_https_pages_need_the_header_that_keeps_them_so() -> None:
    good = {
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'self'",
        "x-frame-options": "deny",
    }
    assert judge(Probe.HEADERS, OUTSIDE, [Answer(status=200, headers=good)])[0] is Outcome.PASS
    assert judge(Probe.HEADERS, SECURE, [Answer(status=200, headers=good)])[0] is Outcome.FAIL
    both = Answer(status=200, headers={**good, **HSTS})
    assert judge(Probe.HEADERS, SECURE, [both])[0] is Outcome.PASS


@pytest.mark.parametrize("probe", [one for one in Probe if one is not Probe.HTTPS])
def test_where_nobody_listens_nothing_holds(probe: Probe) -> None:
    answers = [Answer(status=None) for _ in requests_of(probe, OUTSIDE)]
    assert judge(probe, OUTSIDE, answers)[0] is Outcome.FAIL


@pytest.mark.parametrize("probe", Probe)
@pytest.mark.parametrize("url", [OUTSIDE, SECURE, "http://127.0.0.1:1/a/b?c#d"])
def test_no_other_place_is_ever_asked(probe: Probe, url: str) -> None:
    place = url.split("/")[2]
    for request in requests_of(probe, url):
        assert request.url.split("/")[:3] == url.split("/")[:3]
        assert request.url.split("/")[2] == place
        assert request.method in {"GET", "OPTIONS", "POST"}
        assert "Authorization" not in request.headers
        assert request.body in {b"", b'{"skc":'}
