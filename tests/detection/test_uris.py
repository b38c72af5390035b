"""A password in a URI is found whole, however carelessly written; no port is taken for one."""

import pytest

from skillconnect_ops.detection import Blob, Scanner

SCANNER = Scanner()


def passwords(text: str, path: str) -> list[str]:
    matches = SCANNER.scan(Blob(path=path, content=text.encode()))
    return [match.secret.reveal() for match in matches]


@pytest.mark.parametrize(
    ("text", "path", "password"),
    [
        ("M=mongodb://app:{}@db.corp.io/app", ".env", "ab/x9"),
        ("M=mongodb://app:{}@db.corp.io/app", ".env", "12/x9"),
        ("M=mongodb://app:{}@db.corp.io/app", ".env", "$ecret/x9"),
        ("M=mongodb://app:{}@db.corp.io/app", ".env", "a'b1\"<c>x"),
        ("M=mongodb://app:{}@mongo/app?x=a@b.c", ".env", "pw1x"),
        ("M='mongodb://app:{}@mongo/app?x=a@b.c'", ".env", "p@ss/wo1"),
        ("M=mongodb+srv://app:{}@c0.x1.mongodb.net/app?w=1", ".env", "ab/c#?"),
        ("const m = 'mongodb://app:{}@db.corp.io/app';", "a.js", 'a"b1<c>x'),
        ("const m = 'mongodb://u:{}@h1.io:27017,h2.io:27017/db';", "a.js", "a%2Fb1"),
        ("x = 'postgres://app:{}@db.corp.io:5432/app'", "a.py", "ab/xyz1"),
        ("x = 'redis://:{}@db.corp.io:6379/0'", "a.py", "ab/xyz1"),
        ("- M=mongodb://app:{}@mongo:27017/app", "compose.yml", "a/b1x"),
        ("uri: mongodb://app:{}@db.corp.io/app", "a.yml", "a/b{1}x"),
        ("x = 'amqp://h1:5672/a,amqp://u:{}@h2.io'", "a.py", "pq12"),
        ("x = 'https://u:{}@db.corp.io'", "a.py", "ab/xyz1"),
        ("<a href='http://u:{}@h.io'>", "a.html", "p/q1x"),
    ],
)
def test_a_password_with_raw_characters_is_found_whole(text: str, path: str, password: str) -> None:
    assert passwords(text.format(password), path) == [password]


@pytest.mark.parametrize(
    "text",
    [
        "x = 'mongodb://h1:27017,h2:27017/db?x=a@b.c'",
        "x = 'mongodb://h1.io:27017/db@b.c'",
        "x = `mongodb://${host}:${port}/x@y.z`",
        "x = 'redis://127.0.0.1:6379/0,me@x.y'",
        "x = 'http://foo:8080/a@b.c'",
        "x = 'http://a.b:PORT/a@b.c'",
        "x = 'http://corp.io:a/b@y.io'",
        "x = 'http://u:a/b@c'",
        "x = 'http://localhost:port/@scope/a@1.2'",
        "x = {u:'http://localhost:a/b',m:'me@corp.io'}",
        "x = 'https://registry:443/@scope/a@1.2.3'",
    ],
)
def test_an_at_sign_in_a_path_makes_no_password(text: str) -> None:
    assert passwords(text, "a.js") == []
