"""What manifests declare, and where."""

import pytest

from skillconnect_ops.code.manifests import Manifest, is_manifest, read


def told(manifest: Manifest) -> list[tuple[str, str, int, bool]]:
    return [(one.name, one.wanted, one.line, one.developers) for one in manifest.dependencies]


@pytest.mark.parametrize(
    "path",
    [
        *("package.json", "a/b/package.json", "pyproject.toml", "Pipfile", "requirements.txt"),
        *("requirements-dev.txt", "dev-requirements.in", "requirements/base.txt", "reqs.txt"),
        *("api/requirements.prod.txt",),
    ],
)
def test_a_manifest_is_told_by_its_name(path: str) -> None:
    assert is_manifest(path)


@pytest.mark.parametrize(
    "path", ["package-lock.json", "notes.txt", "robots.txt", "my-package.json", "requirements.md"]
)
def test_other_files_are_none(path: str) -> None:
    assert not is_manifest(path)


def test_each_name_of_a_package_json_has_its_line() -> None:
    text = (
        '{"scripts": {"request": "x"},\n "dependencies": {\n  "a": "^1",\n'
        '  "@x/b": "npm:c@2"\n }, "devDependencies":\n{"d": "3"}}'
    )
    assert told(read("package.json", text)) == [
        ("a", "^1", 3, False),
        ("c", "2", 4, False),
        ("d", "3", 6, True),
    ]


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"dependencies": []}', '{"dependencies": {"a": 1}}', "[" * 100_000]
)
def test_a_package_json_that_is_none_is_a_fault(text: str) -> None:
    manifest = read("package.json", text)
    assert manifest.dependencies == ()
    assert manifest.faults


def test_requirements_are_read_as_pip_reads_them() -> None:
    text = """\
# a comment
A_b.C[x,y] >= 1 ; python_version < "4"  # why
d==1 \\
  --hash=sha256:00
-r more/base.txt
--requirement=other.txt
-c https://shop.invalid/constraints.txt
-e git+https://shop.invalid/x.git#egg=E
./local
f @ https://shop.invalid/f.whl
--no-binary :all:

g~=1
"""
    manifest = read("api/requirements.txt", text)
    assert [(name, line) for name, _, line, _ in told(manifest)] == [
        *(("a-b-c", 2), ("d", 3), ("e", 8), ("f", 10), ("g", 13)),
    ]
    assert manifest.includes == ("api/more/base.txt", "api/other.txt")
    assert manifest.faults == ()


@pytest.mark.parametrize("line", ["=== x", "a b c", "%%", "(a)"])
def test_a_line_that_is_no_requirement_is_a_fault(line: str) -> None:
    assert read("requirements.txt", line).faults


@pytest.mark.parametrize(
    ("path", "developers"),
    [
        ("requirements.txt", False),
        ("requirements-dev.txt", True),
        ("requirements/test.txt", True),
        ("docs/requirements.txt", True),
        ("test-service/requirements.txt", False),
        ("contest/requirements.txt", False),
    ],
)
def test_what_is_for_developers_is_told_by_the_name(path: str, developers: bool) -> None:
    (one,) = read(path, "a").dependencies
    assert one.developers == developers


def test_a_pyproject_is_read_in_all_its_forms() -> None:
    text = """\
[project]
name = "motor"
dependencies = ["a>=1", "B_c"]
[project.optional-dependencies]
speed = ["d"]
[dependency-groups]
dev = ["e", {include-group = "x"}]
[tool.poetry.dependencies]
python = "^3.11"
f = "^1"
[tool.poetry.group.test.dependencies]
"g" = {version = "1"}
"""
    assert [(name, line, dev) for name, _, line, dev in told(read("pyproject.toml", text))] == [
        *(("a", 3, False), ("b-c", 3, False), ("d", 5, False), ("e", 7, True)),
        *(("f", 10, False), ("g", 12, True)),
    ]


def test_a_pipfile_is_read() -> None:
    text = '[packages]\na = "*"\n[dev-packages]\nb = "*"\n'
    assert told(read("Pipfile", text)) == [("a", "", 2, False), ("b", "", 4, True)]


@pytest.mark.parametrize("text", ["[", "= 1", "[project]\ndynamic = ['dependencies']\n"])
def test_a_pyproject_that_does_not_tell_is_a_fault(text: str) -> None:
    assert read("pyproject.toml", text).faults
