"""Files and values by example: what is kept, what is refused, and why."""

import json
import subprocess
from pathlib import Path

import pytest

from skillconnect_ops.envfile import (
    BadName,
    DuplicateKey,
    NoSuchKey,
    NotPortable,
    OtherReader,
    Reader,
    parse,
    portable,
)
from skillconnect_ops.envfile.readers import reading
from tests.envfile import real_readers
from tests.programs import needs


@pytest.mark.parametrize(
    ("data", "key", "value", "becomes"),
    [
        (b"", "A", "x", b"A=x\n"),
        (b"A=1", "B", "x", b"A=1\nB=x"),
        (b"A=1 # why\n", "A", "x y", b"A='x y' # why\n"),
        (b'export A="1"\n', "A", "x", b'export A="x"\n'),
        (b"  A=1\n", "A", "x", b"  A=x\n"),
        (b"A=`1`\n", "A", "x", b"A=x\n"),
        (b"A=1\r\nB=2\r\n", "A", "x", b"A=x #\r\nB=2\r\n"),
        (b"A=1 # c\r\n", "A", "it's", b'A="it\'s" # c\r\n'),
        (b"\xef\xbb\xbfA=1\nB=2\n", "B", "x", b"\xef\xbb\xbfA=1\nB=x\n"),
        (b'A="1\n2"\nB=3\n', "A", "x", b'A="x"\nB=3\n'),
        (b"A=\nB='x'\n", "A", "", b"A=\nB='x'\n"),
        (b"NAME=My App\nA=1\n", "A", "$x `y`", b"NAME=My App\nA='$x `y`'\n"),
    ],
)
def test_only_the_value_changes(data: bytes, key: str, value: str, becomes: bytes) -> None:
    assert parse(data).with_value(key, value).bytes() == becomes


@pytest.mark.parametrize(
    "value", ["a\0b", "a\rb", "it's $5", "${A}", "a\\\\b", "end\\", "\udc80", "it's \\x"]
)
def test_a_value_without_a_common_spelling_is_refused(value: str) -> None:
    assert not portable(value)
    with pytest.raises(NotPortable) as refused:
        parse(b"A=1\n").with_value("A", value)
    assert value not in f"{refused.value.what}{refused.value.why}{refused.value.fix}"


def test_a_reader_that_cannot_read_another_line_is_not_asked_for_a_value_that_is_renewed() -> None:
    found = parse(b"A=1\nB=x?c=1&d=2\n")
    assert found.deaf() == {Reader.BASH: 2}
    assert found.renewed("A", "new").bytes() == b"A=new\nB=x?c=1&d=2\n"
    with pytest.raises(NotPortable):
        found.with_value("A", "new")


def test_a_value_that_is_renewed_is_one_that_every_reader_could_read() -> None:
    found = parse(b"A=1\nB=x?c=1&d=2\n")
    with pytest.raises(NotPortable):
        found.renewed("A", "it's $5")


def test_a_quote_that_would_swallow_the_renewed_value_is_refused() -> None:
    with pytest.raises(NotPortable):
        parse(b"B='open\nA=1\nC='open\n").renewed("A", "new")


@pytest.mark.parametrize(
    ("data", "reader"),
    [
        (b"A=1\nB=<y>\n", "bash"),
        (b"\xef\xbb\xbfA=1\n", "node --env-file"),
        (b"A=1\n\xff\n", "python-dotenv"),
        (b"A = 1\n", "bash"),
        (b"A: 1\n", "node --env-file"),
        (b"B=\"it's\nA=1\nC='\n", "python-dotenv|bash|node"),
    ],
)
def test_a_file_that_hides_the_value_from_a_reader_is_refused(data: bytes, reader: str) -> None:
    with pytest.raises(NotPortable) as refused:
        parse(data).with_value("A", "x")
    assert any(word in refused.value.what for word in reader.split("|")), refused.value.what
    if reader == "bash":
        new = parse(data).with_value("A", "x", readers=frozenset(Reader) - {Reader.BASH})
        assert new.get("A") == "x"


def test_names_are_checked() -> None:
    file = parse(b"A=1\nA=2\nB=3\n")
    for name in ("", "1A", "A-B", "A B", "A=1\nB", "é"):
        with pytest.raises(BadName):
            file.with_value(name, "x")
    with pytest.raises(DuplicateKey) as refused:
        file.with_value("A", "x")
    assert refused.value.lines == (1, 2)
    assert file.with_value("A", "x", every=True).bytes() == b"A=x\nA=x\nB=3\n"
    assert file.with_value("C", "x", after="A").bytes() == b"A=1\nA=2\nC=x\nB=3\n"
    with pytest.raises(NoSuchKey):
        file.with_value("C", "x", after="Z")


def test_an_entry_says_what_stands_there_and_shows_no_value() -> None:
    file = parse(b"# top\n\nexport KEY='s3 cret' # why\nB=$KEY\n")
    entry, other = file.entries
    assert (entry.key, entry.value, entry.line, entry.quote) == ("KEY", "s3 cret", 3, "'")
    assert (entry.export, entry.comment, other.line) == (True, "# why", 4)
    assert entry.raw == b"export KEY='s3 cret' # why"
    assert "cret" not in f"{file!r}{entry!r}{file.readings!r}{file.pieces!r}"
    disputed = [(found.key, found.readers) for found in file.disputes()]
    assert disputed == [("B", (Reader.BASH, OtherReader.COMPOSE))]


def test_node_itself_reads_what_was_written(tmp_path: Path) -> None:
    values = {"A": "plain", "B": "a b#c", "C": "it's", "D": '$x `y` \\z "q"', "E": "1\n2", "F": ""}
    file = parse(b"# none yet\n")
    for name, value in values.items():
        file = file.with_value(name, value)
    (tmp_path / ".env").write_bytes(file.bytes())
    code = "process.stdout.write(JSON.stringify(process.env))"
    told = subprocess.run(
        [real_readers.node(), f"--env-file={tmp_path}/.env", "-e", code],
        env={},
        capture_output=True,
        check=True,
    )
    assert values.items() <= json.loads(told.stdout).items()


@pytest.mark.parametrize(
    ("data", "line", "readers"),
    [
        (b"A=1\nURL=http://h/?a=1&b=2\n", 2, "bash"),
        (b"A=1\nB=$(date)\nC=2\n", 2, "bash"),
        (b"A=1\n\nB='open\nC=2\n", 3, "bash docker-compose"),
        (b"A=1\nMY KEY=2\n", 2, "docker-compose"),
        (b"A=${\n", 1, "bash docker-compose"),
        (b"# \xff\n", 1, "python-dotenv"),
        (b"A='x\ny' #\nB=(\n", 3, "bash"),
    ],
)
def test_a_line_that_a_reader_stops_at_is_named(data: bytes, line: int, readers: str) -> None:
    stops = parse(data).judge().stops
    assert {stop.line for stop in stops} == {line}
    assert " ".join(stop.reader.value for stop in stops) == readers


def test_what_stands_behind_a_line_that_stops_a_reader_is_looked_at_as_well() -> None:
    judged = parse(b"A=1\nB=<x>\nC=a|b\nD=$HOME\nE=5\n").judge()
    bash = [stop.line for stop in judged.stops if stop.reader is Reader.BASH]
    assert bash == [2, 3]
    assert [(each.key, each.line) for each in judged.disputes] == [("D", 4)]


def test_lines_that_set_nothing_are_told_from_comments() -> None:
    data = b"\xef\xbb\xbf# top\n\nPORT 3000\n  # in\nA='1\n# no comment\n2'\nhello\r\n"
    assert parse(data).judge().idle == (3, 8)


def test_a_name_that_the_app_does_not_find_is_disputed() -> None:
    (dispute,) = (each for each in parse(b"x y\nA=1\n").judge().disputes if each.key == "A")
    assert dispute.line == 2
    (other,) = parse(b"x\\\nA=1\n").judge().disputes
    assert (other.key, other.readers[0].label) == ("A", "node --env-file")


def test_crlf_is_known_for_what_it_is() -> None:
    disputes = parse(b"A=1\r\nB='2'\r\n").judge().disputes
    assert [(each.key, each.by_line_end) for each in disputes] == [("A", True), ("B", True)]


COMPOSE = {
    b"A=x#y\n": {"A": "x#y"},
    b"A=x # y\nB= # z\n": {"A": "x", "B": "# z"},
    b'A="a\\tb\\"c\\$d"\n': {"A": 'a\tb"c$d'},
    b"A='a\\tb\\'c'\n": {"A": "a\\tb'c"},
    b"A: 1\nexport  B=2\nC\n1D=3\n": {"A": "1", "B": "2"},
    b"A=$5 $$X\nB='$X'\n": {"A": "$5 $X", "B": "$X"},
    b"\xef\xbb\xbfA=1\r\nB='2'\r\n": {"A": "1", "B": "2"},
    b'A="\\0101\\09"\n': {"A": "A\\9"},
}


@pytest.mark.parametrize("data", COMPOSE)
def test_what_docker_compose_makes_of_a_file(data: bytes) -> None:
    """By its reader's source; `test_docker_compose_itself` asks the program where it is."""
    found = reading(data, OtherReader.COMPOSE)
    assert (found.trouble, found.values) == (None, COMPOSE[data])


def test_what_docker_compose_puts_in_or_refuses() -> None:
    values = reading(b'A=$X\nB="${X:-1}"\n', OtherReader.COMPOSE).values
    assert values == {"A": None, "B": None}
    for data in (b"A=${\n", b"A B=1\n", b"A!=1\n", b"A='1\n", b"export "):
        assert reading(data, OtherReader.COMPOSE).line == 1


@pytest.mark.parametrize("data", COMPOSE)
def test_docker_compose_itself(tmp_path: Path, data: bytes) -> None:
    docker = needs("docker")
    if subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:
        pytest.skip("docker has no compose here")
    assert composed(docker, data, tmp_path) == COMPOSE[data]


def composed(docker: str, data: bytes, folder: Path) -> dict[str, str]:
    (folder / "some.env").write_bytes(data)
    (folder / "compose.yaml").write_text("services: {a: {image: a, env_file: some.env}}\n")
    words = (docker, "compose", "config", "--format", "json", "--no-interpolate")
    told = subprocess.run(words, cwd=folder, capture_output=True, check=True)
    found: dict[str, str] = json.loads(told.stdout)["services"]["a"]["environment"]
    return found


def test_docker_compose_reads_what_was_written(tmp_path: Path) -> None:
    docker = needs("docker")
    if subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:
        pytest.skip("docker has no compose here")
    values = {"A": "plain", "B": "a b#c", "C": "it's", "D": "$x `y` \\z", "F": ""}
    file = parse(b"")
    for name, value in values.items():
        file = file.with_value(name, value)
    assert reading(file.bytes(), OtherReader.COMPOSE).values == values
    assert composed(docker, file.bytes(), tmp_path) == values
