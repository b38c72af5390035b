"""Paths of one class mean the same to the scanner; those of two may not."""

import secrets

import pytest

from skillconnect_ops.detection import DETECTORS, Blob, Scanner, path_class

SCANNER = Scanner()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (".env", ".env.example"),
        ("src/cfg.js", "tests/cfg.js"),
        ("notes.lst", ".pgpass"),
        ("notes.lst", "notes.env"),
        ("a/b.json", "locales/b.json"),
        ("a/b.json", "a/de.json"),
        ("a/b.js", "vendor/b.js"),
        ("README", "src/README.js"),
        ("a.yml", "docs/a.yml"),
    ],
)
def test_paths_that_mean_different_things_are_of_two_classes(one: str, other: str) -> None:
    assert path_class(one) != path_class(other)


@pytest.mark.parametrize(
    ("one", "other"), [("a.js", "src/lib/b.ts"), ("tests/a.js", "b.test.js"), (".env", "x/.env")]
)
def test_paths_that_mean_the_same_are_of_one_class(one: str, other: str) -> None:
    assert path_class(one) == path_class(other)


def test_content_is_found_alike_under_all_paths_of_a_class() -> None:
    paths = sorted(
        {
            hit.path
            for detector in DETECTORS
            for hit in (*detector.hits, *detector.misses)
            if hit.path
        }
        | {f"tests/{name}" for name in (".env", "a.js", "a.yml")}
        | {f"old/{name}" for name in (".env", "a.js", "a.yml", ".pgpass", "b.lst", "README.md")}
    )
    value = "Kq9" + secrets.token_hex(9)
    contents = [
        f"DB_PASSWORD={value}\n",
        f"password: {value}\n",
        f"const c = {{ dbPassword: 'Rain-{value[:6]}' }}\n",
        f"db.corp.io:5432:app:app:{value}\n",
        f"machine db.corp.io login app password {value}\n",
    ]
    for content in contents:
        given: dict[object, set[object]] = {}
        for path in paths:
            found = SCANNER.scan(Blob(path=path, content=content.encode()))
            seen = tuple((one.detector, one.start, one.confidence, one.reasons) for one in found)
            given.setdefault(path_class(path), set()).add(seen)
        assert len(given) > 5
        assert all(len(ways) == 1 for ways in given.values()), content
