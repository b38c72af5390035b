"""A secret written into a call is found by its position, and a poor key is still the key."""

import pytest

from skillconnect_ops.core.finding import Confidence
from skillconnect_ops.detection import Blob, Match, Scanner

SCANNER = Scanner()
LOW, MEDIUM = Confidence.LOW, Confidence.MEDIUM


def found(text: str, path: str) -> Match:
    (match,) = SCANNER.scan(Blob(path=path, content=text.encode()))
    return match


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("jwt.sign({ a: [1, ')'] }, /* a key, */ 'poor', {})", MEDIUM),
        ("jwt.sign(payload, secret || 'poor-9')", MEDIUM),
        ("jwt.verify(token, Buffer.from('poor-9'))", MEDIUM),
        ("promisify(jwt.verify)(token, 'poor-9')", MEDIUM),
        ("jwt.verify<User>(token, 'poor-9')", MEDIUM),
        ("jwt.sign(payload, 'mysecret')", LOW),
        ("jwt.sign(payload, `${key}`)", LOW),
        ("throw new Error('use cookieParser(\"secret\")')", MEDIUM),
        ("throw new Error('cookieParser(\"secret\") required')", LOW),
        ("createHmac('sha512', 'Bitcoin seed')", LOW),
        ("createHmac('sha512', 'poor-99')", MEDIUM),
    ],
)
def test_a_poor_key_given_to_a_call_that_signs_is_a_key(text: str, level: Confidence) -> None:
    assert found(text, "a.ts").confidence is level
    assert found(text, "test/a.ts").confidence is LOW
