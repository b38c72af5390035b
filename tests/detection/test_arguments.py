"""A secret written into a call is found by its position, and a poor key is still the key."""

import secrets
import sys
from types import FrameType

import pytest

from skillconnect_ops.commands.searching import Detectors
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


KEY = "Kq9" + secrets.token_hex(9)


@pytest.mark.parametrize(
    "text",
    [
        "jwt.sign(p, 'KEY' as Secret)",
        "jwt.sign(p, 'KEY' as unknown as Secret, {})",
        "jwt.sign(p, <any>'KEY')",
        "jwt.sign(p, <Secret>('KEY'))",
        "jwt.sign(p, ('KEY'))",
        "jwt.sign(p, 'KEY'!)",
        "jwt.sign(p, process.env.S ? process.env.S : 'KEY')",
        "jwt.sign(p, (process.env.S as string) || 'KEY')",
        "jwt.sign(p, process.env.S as string || 'KEY')",
        "jwt.sign(p, config.a?.b ?? 'KEY', {})",
        "jwt.sign(p, process.env['S'] || `KEY`)",
        "jwt.sign(p, 'KEY' + 'abc')",
        "jwt.sign(p, String('KEY').trim())",
        "jwt.verify(t, Buffer.from('KEY', 'utf8').toString())",
        "cookieParser(process.env.S || 'KEY')",
        "cookieParser(['KEY'])",
        "session({ secret: process.env.S || 'KEY', resave: false })",
        "session({ secret: process.env.S ?? 'KEY' })",
        "session({ secret: <any>'KEY' })",
        "session({ secret: dev ? 'KEY' : process.env.S })",
        "session({\n  secret: process.env.S ||\n    'KEY',\n})",
        "session({\n  secret:\n    process.env.S\n    || 'KEY',\n})",
        "const dbPassword = process.env.P || 'KEY'\nnext('x')",
        "const { dbPassword = process.env.P || 'KEY' } = config",
    ],
)
def test_a_string_that_an_expression_can_come_to_is_found(text: str) -> None:
    match = found(text.replace("KEY", KEY), "src/a.ts")
    assert match.secret.reveal() == KEY
    assert match.confidence is Confidence.HIGH, match.reasons


def test_an_escaped_quote_ends_no_secret() -> None:
    assert found(f"jwt.sign(p, '{KEY}\\'x9')", "src/a.ts").secret.reveal() == f"{KEY}\\'x9"


@pytest.mark.parametrize(
    "text",
    [
        "jwt.sign(p, derive('KEY'))",
        "jwt.sign(p, fs.readFileSync('KEY'))",
        "jwt.sign(p, prefix + 'KEY')",
        "jwt.sign(p, kind === 'KEY')",
        "const dbPassword = salt + 'KEY'",
    ],
)
def test_a_string_that_only_stands_in_an_expression_is_graded_and_not_dropped(text: str) -> None:
    match = found(text.replace("KEY", KEY), "src/a.ts")
    assert match.confidence is LOW
    assert match.reasons


@pytest.mark.parametrize(
    "text",
    [
        "const token = header && header.split(' ')[1] || ''",
        "const token = req.headers['x-token'] || req.query.token",
        "password: z.string().min(8, 'Too short'),",
        "const hasToken = token === 'abc9def'\nuse('Kq9fgh12')",
        "const secret = load()\nconst other = 'Kq9fgh12'",
        "password={visible ? 'text' : 'password'}",
        "const token = table['Kq9fgh12abc3Kq9fgh12']",
        "jwt.sign(p, process.env['Kq9fgh12abc3Kq9fgh12'])",
        "const token = useMemo(() => ({ a: 'Kq9fgh12' }), [])",
    ],
)
def test_an_expression_that_gives_no_string_is_none(text: str) -> None:
    matches = SCANNER.scan(Blob(path="src/a.ts", content=text.encode()))
    assert [one for one in matches if one.confidence is not LOW] == []


def _calls(content: bytes, path: str) -> int:
    """How many functions a scan calls, those of the interpreter included."""
    number = 0

    def count(_frame: FrameType, event: str, _of: object) -> None:
        nonlocal number
        number += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        SCANNER.scan(Blob(path=path, content=content))
    finally:
        sys.setprofile(None)
    return number


@pytest.mark.parametrize(
    "dense",
    [
        b"secret = (",
        b"jwt.sign(a, (((",
        b"secret = a || 'b' || ",
        b'a={token:e.token||t.token,key:n?r:o,password:i(a,b),secret:""+u};',
        b"password = a ||\n",
        b"password = a ||\n" * 70 + b"b == 'x y';\n",
        b"password=(a['b'],",
    ],
)
def test_names_of_secrets_everywhere_cost_work_in_proportion(dense: bytes) -> None:
    times = max(20, 6_000 // len(dense))
    once, twice = (_calls(dense * number, "src/a.js") for number in (times, 2 * times))
    assert twice < 2.6 * once


def test_expressions_that_are_too_many_to_read_are_told_and_not_passed_over_in_silence() -> None:
    dense = (b"password = a ||\n" * 70 + b"b == 'x y';\n") * 300
    assert any("too many" in reason for reason in Detectors()("src/a.js", dense).skipped)
    assert Detectors()("src/a.js", b"password = a || b;\n" * 300).skipped == ()


@pytest.mark.parametrize(
    "text",
    [
        "password = a.b(c, [d], {e: f}) ||\n  'KEY'",
        "password = a /* it, too */ || 'KEY'",
        "password = a || // it, too\n  'KEY'",
        "password = a\n  || 'KEY'",
        "password = a ? b(c ? (d) : e) : 'KEY'",
        "password = ((((((a)))))) || 'KEY'",
    ],
)
def test_what_holds_no_string_is_passed_over_up_to_the_string(text: str) -> None:
    match = found(text.replace("KEY", KEY), "src/a.ts")
    assert (match.secret.reveal(), match.confidence) == (KEY, Confidence.HIGH)
