"""Ranges that say enough, and what lock files settled on."""

import json

import pytest

from skillconnect_ops.code.versions import bounds, locked, version


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("1.2.3", (1, 2, 3)),
        ("v1.2.3", (1, 2, 3)),
        ("1.4.5-lts.2", (1, 4, 5)),
        ("1.2.3+build", (1, 2, 3)),
        ("1.2", None),
        ("latest", None),
        ("", None),
        ("9" * 5_000 + ".0.0", None),
    ],
)
def test_a_whole_version_is_told(text: str, told: object) -> None:
    assert version(text) == told


@pytest.mark.parametrize(
    ("wanted", "least", "end"),
    [
        ("8.5.1", (8, 5, 1), (8, 5, 2)),
        ("=8.5.1", (8, 5, 1), (8, 5, 2)),
        ("^8.5.1", (8, 5, 1), (9, 0, 0)),
        ("~8.5.1", (8, 5, 1), (8, 6, 0)),
        ("^0.7.28", (0, 7, 28), (0, 8, 0)),
        ("^0.0.3", (0, 0, 3), (0, 0, 4)),
        ("8", (8, 0, 0), (9, 0, 0)),
        ("8.x", (8, 0, 0), (9, 0, 0)),
        ("8.5.x", (8, 5, 0), (8, 6, 0)),
        ("^8", (8, 0, 0), (9, 0, 0)),
        ("^1.4.5-lts.1", (1, 4, 5), (2, 0, 0)),
    ],
)
def test_a_plain_range_has_two_ends(wanted: str, least: object, end: object) -> None:
    assert bounds(wanted) == (least, end)


@pytest.mark.parametrize(
    "wanted", ["", "*", "latest", ">=8", "^7 || ^8", "1 - 2", "file:../x", "9" * 5_000]
)
def test_any_other_range_says_nothing(wanted: str) -> None:
    assert bounds(wanted) is None


NPM_1 = json.dumps({"lockfileVersion": 1, "dependencies": {"a": {"version": "1.0.0"}}})
NPM_3 = json.dumps(
    {
        "packages": {
            "node_modules/a": {"version": "1.0.0"},
            "api/node_modules/a": {"version": "2.0.0"},
        }
    }
)
YARN = """\
"@x/a@^3", b@1:
  version "3.1.0"

a@^1, a@^1.0.0:
  version "1.0.0"
  dependencies:
    a "9"
"""
BERRY = '"a@npm:^1":\n  version: 1.0.0\n  resolution: "a@npm:1.0.0"\n'
PNPM = """\
lockfileVersion: '9.0'

importers:

  .:
    dependencies:
      '@x/a':
        specifier: ^3
        version: 3.1.0
      a:
        specifier: ^1
        version: 1.0.0(b@2.0.0)

  api:
    devDependencies:
      a:
        specifier: ^2
        version: 2.0.0

packages:

  a@7.0.0:
    resolution: {integrity: sha512-x}
"""
DEEP = "[" * 100_000
PNPM_5 = "dependencies:\n  a: 1.0.0_b@2\n"


@pytest.mark.parametrize(
    ("lock", "text"),
    [
        ("package-lock.json", NPM_1),
        ("npm-shrinkwrap.json", NPM_3),
        ("yarn.lock", YARN),
        ("yarn.lock", BERRY),
        ("pnpm-lock.yaml", PNPM),
        ("pnpm-lock.yaml", PNPM_5),
    ],
)
def test_every_lock_says_what_it_settled_on(lock: str, text: str) -> None:
    assert locked(lock, text, folder="", name="a", wanted="^1") == "1.0.0"
    assert locked(lock, text, folder="", name="none", wanted="^1") is None


@pytest.mark.parametrize(("lock", "text"), [("package-lock.json", NPM_3), ("pnpm-lock.yaml", PNPM)])
def test_a_package_of_a_workspace_has_its_own(lock: str, text: str) -> None:
    assert locked(lock, text, folder="api", name="a", wanted="^2") == "2.0.0"


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "- a", "importers: 3", "\0", DEEP])
@pytest.mark.parametrize("lock", ["package-lock.json", "yarn.lock", "pnpm-lock.yaml"])
def test_what_is_no_lock_says_nothing(lock: str, text: str) -> None:
    assert locked(lock, text, folder="", name="a", wanted="^1") is None
