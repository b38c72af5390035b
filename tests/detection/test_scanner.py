"""Where a secret is, what is shown of it, and what content and size do to that."""

import multiprocessing
import secrets
import string
import time

import pytest

from skillconnect_ops.core.finding import Confidence
from skillconnect_ops.detection import Blob, Match, Scanner, masked
from skillconnect_ops.detection.scanner import PIECE

SCANNER = Scanner()
MB = 1 << 20


def scan(content: str | bytes, path: str | None = ".env") -> list[Match]:
    raw = content if isinstance(content, bytes) else content.encode()
    return SCANNER.scan(Blob(path=path, content=raw))


def one(content: str | bytes, path: str | None = ".env") -> Match:
    (match,) = scan(content, path)
    return match


def value() -> str:
    return "Zk4" + secrets.token_hex(12)


def test_a_span_is_the_secret_s_own_bytes_and_its_place_is_a_person_s() -> None:
    secret = value()
    content = f"# ä comment\nÄ=1\nDB_PASSWORD={secret}  # why\n".encode()
    match = one(content)
    assert content[match.start : match.end].decode() == secret == match.secret.reveal()
    assert (match.line, match.column, match.end_line) == (3, 13, 3)
    assert match.whole.reveal() == f"DB_PASSWORD={secret}"


def test_columns_count_characters_and_go_on_along_a_line() -> None:
    first, second = value(), value()
    text = f'{{"ä": "é", "password": "{first}", "secret": "{second}"}}'
    found = scan(text, "a.json")
    assert [match.column for match in found] == [text.index(first) + 1, text.index(second) + 1]


def test_a_uri_s_secret_is_its_password_and_its_whole_is_the_uri() -> None:
    secret = value()
    uri = f"mongodb+srv://app:{secret}@c0.x1.mongodb.net/app?w=majority"
    match = one(f'const uri = "{uri}";', "a.js")
    assert (match.detector, match.secret.reveal(), match.whole.reveal()) == (
        "mongodb-uri",
        secret,
        uri,
    )


def test_a_key_of_many_lines_says_where_it_ends() -> None:
    body = "\n".join(
        "".join(secrets.choice(string.ascii_letters) for _ in range(64)) for _ in "123"
    )
    match = one(f"x\n-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n", "k.txt.key")
    assert (match.line, match.end_line) == (2, 6)
    assert body not in match.context


def test_the_more_specific_of_two_detectors_speaks() -> None:
    token = "ghp_" + secrets.token_hex(18)
    assert one(f"GITHUB_TOKEN={token}").detector == "github-token"


def test_nothing_secret_shows_in_a_match_its_context_or_its_repr() -> None:
    first, second = value(), value()
    for match in scan(f'password="{first}" token="{second}" note=hello', "a.sh"):
        assert first not in repr(match) + match.context
        assert second not in repr(match) + match.context
        assert "note=hello" in match.context
        assert len(match.context) <= 200


def test_a_context_hides_its_neighbours_on_a_long_line_too() -> None:
    values = [value() for _ in range(50)]
    line = ",".join(f'"password": "{one}"' for one in values)
    found = scan("{" + line + "}", "a.json")
    assert len(found) == 50
    for match in found:
        assert len(match.context) <= 200
        assert not any(one[4:12] in match.context for one in values)


@pytest.mark.parametrize("length", range(20))
def test_nothing_of_a_short_value_is_shown(length: int) -> None:
    text = "".join(chr(0x4E00 + number) for number in range(length))
    assert not set(masked(text)) & set(text)


def test_four_characters_of_a_long_value_are_shown_and_its_length_is_not() -> None:
    text = "".join(chr(0x4E00 + number) for number in range(20))
    assert set(masked(text)) & set(text) == set(text[:4])
    assert masked(text) == masked(text * 3)


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_read_and_offsets_are_those_of_the_original(codec: str) -> None:
    first, second = value(), value()
    text = f"NAME=plain text of some length\nDB_PASSWORD={first}\nX=😀\nSMTP_PASSWORD={second}\n"
    content = text.encode(codec)
    found = scan(content)
    assert [match.secret.reveal() for match in found] == [first, second]
    width = "utf-16-le" if codec == "utf-16" else codec
    for match in found:
        assert content[match.start : match.end].decode(width) == match.secret.reveal()
    assert [match.line for match in found] == [2, 4]


def test_worth_reads_utf_16_as_well() -> None:
    assert SCANNER.worth("DB_PASSWORD=x and more".encode("utf-16"))
    assert SCANNER.worth(b"DB_PASSWORD=x")
    assert not SCANNER.worth(b"nothing to see here")
    assert not SCANNER.worth("nothing to see here".encode("utf-16"))


def test_bytes_that_are_no_utf_8_are_read_as_latin_1() -> None:
    match = one(b"DB_PASSWORD=caf\xe9-9a8s7d6f\n")
    assert match.secret.reveal() == "café-9a8s7d6f"


@pytest.mark.parametrize("distance", range(-14, 2))
def test_a_keyword_on_the_border_of_two_pieces_is_seen_once(distance: int) -> None:
    # One keyword alone finds this token, and it is one of the longest.
    token = f"github_pat_{secrets.token_hex(11)}_{secrets.token_hex(29)}a"
    match = one(b"\n" * (PIECE + distance) + token.encode() + b"\n" * 100, "a.txt")
    assert match.secret.reveal() == token
    assert match.line == PIECE + distance + 1


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("DB_PASSWORD={} # skc: allow used in a test", "used in a test"),
        ('const password = "{}"; // skc: allow a demo', "a demo"),
        ('const password = "{}"; /* skc: allow a demo */', "a demo"),
        ("<password>{}</password> <!-- skc: allow a demo -->", "a demo"),
        ("# skc: allow the line below\nDB_PASSWORD={}", "the line below"),
        ("DB_PASSWORD={} # skc: allow", None),
        ("DB_PASSWORD={} # skc: allow \nX=1", None),
        ("X=1 # skc: allow another line\nDB_PASSWORD={}", None),
        ("# skc: allow too far\n\nDB_PASSWORD={}", None),
        ("DB_PASSWORD={}\n# skc: allow comes too late", None),
    ],
)
def test_a_finding_is_allowed_by_a_reason_on_its_line_or_above(
    text: str, reason: str | None
) -> None:
    match = one(text.format(value()), "a.js" if "const" in text else "a.env")
    assert match.allowed == reason


def test_code_on_the_right_is_counted_and_shown_when_thorough() -> None:
    scanner, thorough = Scanner(), Scanner(thorough=True)
    blob = Blob(path="a.js", content=b"const token = lexer.next();\nlet password = req.body.x;\n")
    assert scanner.scan(blob) == []
    assert scanner.passed_over == {"code on the right-hand side": 2}
    found = thorough.scan(blob)
    assert [match.confidence for match in found] == [Confidence.LOW] * 2
    assert thorough.passed_over == {}


def test_a_scanner_works_in_a_child_process() -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(count, (f"DB_PASSWORD={value()}",)) == 1


def count(text: str) -> int:
    return len(Scanner().scan(Blob(path=".env", content=text.encode())))


def test_two_secrets_at_one_place_of_different_detectors_are_one_finding() -> None:
    assert len(scan(f"MONGO_PASSWORD_URI=mongodb://u:{value()}@db1.corp.io/x")) == 1


def random_of(letters: str, length: int) -> str:
    return "".join(secrets.choice(letters) for _ in range(length))


@pytest.mark.parametrize("text", ["{key}:{other}", "{other}:{key}", "{key};{other}"])
def test_what_is_joined_to_a_more_specific_secret_is_found_and_masked(text: str) -> None:
    key = "AKIA" + random_of(string.ascii_uppercase, 16)
    other = "Zk4" + random_of(string.ascii_letters + string.digits, 37)
    content = "AWS_CREDENTIALS_SECRET=" + text.format(key=key, other=other)
    found = scan(content)
    assert {match.secret.reveal() for match in found} == {key, other}
    for match in found:
        assert content[match.start : match.end] == match.secret.reveal()
        assert key[4:] not in match.context
        assert other[4:] not in match.context


def test_what_a_less_specific_one_covers_beyond_the_more_specific_is_masked() -> None:
    key = "AKIA" + random_of(string.ascii_uppercase, 16)
    (match,) = scan(f"DB_PASSWORD='rain 4 ever, {key}, summer.9'")
    assert match.detector == "aws-access-key"
    assert "rain" not in match.context
    assert "summer" not in match.context


HOSTILE = {
    "quotes": b'"',
    "one letter": b"a",
    "names": b"password=",
    "open strings": b'password="',
    "long gaps": b"password" + b" " * 3000,
    "headers of keys": b"-----BEGIN RSA PRIVATE KEY-----",
    "a key without an end": b"-----BEGIN RSA PRIVATE KEY-----\n" + b"A" * 60000,
    "schemes": b"mongodb://",
    "users": b"mongodb://a:",
    "addresses": b"://",
    "tokens": b"eyJ",
    "halves of tokens": b"eyJaaaaaaaaaaaa.",
    "commands": b"curl -u ",
    "tags": b"<password ",
    "types": b"secret: x | y | z | ",
    "backslashes": b"password\\",
    "calls": b'login("',
    "nested calls": b"jwt.sign(",
    "nested brackets": b"jwt.sign([{(",
    "calls within strings": b"jwt.sign('",
    "calls within comments": b"/*jwt.sign(*/",
    "many arguments": b"new Sequelize(" + b"a,'b'," * 300,
    "raw passwords": b"mongodb://a:b/",
    "raw passwords at many hosts": b"mongodb://a:b/" + b"@h.io," * 60,
    "web addresses": b"http://a:b/@c",
    "lists": b'secret: ["x",',
    "one list": b"secret: [" + b"'x'," * 60,
    "parameters": b"?token=Zk4a",
    "PuTTY": b"PuTTY-User-Key-File-2: x\n",
    "braces": b'password="' + b"{{}}" * 90 + b'x" ',
    "underscores": b'password="' + b"a_" * 150 + b'!" ',
    "spaces": b"password: " + b"a " * 190 + b"!\n",
    "zeros": b"\0",
    "utf-16": "password=".encode("utf-16-le"),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("path", [None, "a.js"])
def test_hostile_content_takes_time_in_proportion_to_its_size(name: str, path: str | None) -> None:
    small, large = (took(HOSTILE[name], size, path) for size in (MB // 64, MB // 8))
    # Eight times the size: quadratic would be sixty-four times the time.
    assert large < 24 * small + 0.3, (small, large)
    assert large < 10


def took(part: bytes, size: int, path: str | None) -> float:
    content = part * (size // len(part) + 1)
    begin = time.process_time()
    SCANNER.scan(Blob(path=path, content=content))
    return time.process_time() - begin


@pytest.mark.long
@pytest.mark.parametrize("name", HOSTILE)
def test_ten_megabytes_of_hostile_content_take_less_than_two_minutes(name: str) -> None:
    assert took(HOSTILE[name], 10 * MB, None) < 120


def test_fifty_megabytes_on_one_line_take_seconds() -> None:
    assert took(b"x = f(a, 'b', 12) + y; ", 50 * MB, "a.js") < 20
