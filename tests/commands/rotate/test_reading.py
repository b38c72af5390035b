"""Whether the app reads the ring, by its code."""

from pathlib import Path

import pytest

from skillconnect_ops.code.environment import look
from skillconnect_ops.commands.rotate.reading import reads_ring
from skillconnect_ops.core.outcome import Fact, Known, Missing
from skillconnect_ops.core.resources import template

NAME = "JWT_SECRET_KEY"
PLAIN = "jwt.verify(token, process.env.JWT_SECRET_KEY);\n"
BOTH = "const keys = [process.env.JWT_SECRET_KEY, process.env.JWT_SECRET_KEY_FALLBACKS];\n"
WITH_READER = "const users = require('./jwt-ring.cjs').jwtRing('JWT_SECRET_KEY');\n"


def judged(folder: Path, name: str = NAME, **files: str) -> Fact[bool]:
    paths = []
    for word, text in files.items():
        path = word.replace("__", "/").replace("_dot_", ".")
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
        paths.append(path)
    return reads_ring(look(folder, paths), name)


@pytest.mark.parametrize("text", [BOTH, WITH_READER])
def test_an_app_that_reads_the_others_reads_the_ring(tmp_path: Path, text: str) -> None:
    assert judged(tmp_path, keys_dot_js=text) == Known(value=True)


def test_the_reader_itself_hides_nothing(tmp_path: Path) -> None:
    reader = {"jwt-ring_dot_cjs": template("express/jwt-ring.cjs")}
    assert judged(tmp_path, keys_dot_js=WITH_READER, **reader) == Known(value=True)
    assert judged(tmp_path, keys_dot_js=PLAIN, **reader) == Known(value=False)


def test_python_is_read_as_well(tmp_path: Path) -> None:
    text = (
        "import os\nA = os.environ['JWT_SECRET_KEY']\nB = os.getenv('JWT_SECRET_KEY_FALLBACKS')\n"
    )
    assert judged(tmp_path, keys_dot_py=text) == Known(value=True)


def test_an_unmodified_app_does_not(tmp_path: Path) -> None:
    assert judged(tmp_path, auth_dot_js=PLAIN) == Known(value=False)


def test_the_ring_of_another_key_does_not_count(tmp_path: Path) -> None:
    other = WITH_READER.replace(NAME, f"ADMIN_{NAME}")
    assert judged(tmp_path, auth_dot_js=PLAIN, keys_dot_js=other) == Known(value=False)


@pytest.mark.parametrize("path", ["tests__auth_dot_js", "auth_dot_test_dot_js", "a_dot_sh"])
def test_what_is_not_the_app_does_not_count(tmp_path: Path, path: str) -> None:
    assert judged(tmp_path, auth_dot_js=PLAIN, **{path: BOTH}) == Known(value=False)
    (tmp_path / "b").mkdir()
    assert judged(tmp_path / "b", auth_dot_js=BOTH, **{path: PLAIN}) == Known(value=True)


def test_a_place_that_takes_the_key_alone_is_named(tmp_path: Path) -> None:
    found = judged(tmp_path, keys_dot_js=WITH_READER, src__auth_dot_js=PLAIN)
    assert found == Missing(
        "src/auth.js:1 reads JWT_SECRET_KEY without JWT_SECRET_KEY_FALLBACKS,"
        " and may verify with it"
    )


def test_of_many_places_three_are_named(tmp_path: Path) -> None:
    many = {f"a{n}_dot_js": PLAIN for n in range(5)}
    found = judged(tmp_path, keys_dot_js=BOTH, **many)
    assert isinstance(found, Missing)
    assert found.reason.startswith("a0.js:1, a1.js:1, a2.js:1 and 2 more read JWT_SECRET_KEY ")


@pytest.mark.parametrize("text", [PLAIN, BOTH])
def test_a_read_that_cannot_be_told_is_no_answer(tmp_path: Path, text: str) -> None:
    found = judged(tmp_path, a_dot_js=text, b_dot_js="use(process.env[name]);\n")
    assert isinstance(found, Missing)
    assert "b.js:1 may read JWT_SECRET_KEY" in found.reason


def test_a_file_that_was_not_understood_is_no_answer(tmp_path: Path) -> None:
    (tmp_path / "b.js").symlink_to("a.js")
    (tmp_path / "a.js").write_text(PLAIN)
    found = reads_ring(look(tmp_path, ["a.js", "b.js"]), NAME)
    assert isinstance(found, Missing)
    assert "b.js may read JWT_SECRET_KEY_FALLBACKS" in found.reason


def test_code_that_reads_no_key_is_no_answer(tmp_path: Path) -> None:
    assert judged(tmp_path, a_dot_js="use(process.env.PORT);\n") == Missing(
        "no code was found that reads JWT_SECRET_KEY"
    )
