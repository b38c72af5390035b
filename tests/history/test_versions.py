"""Versions are searched by difference, and give what a search of each whole gives."""

import base64
import random
import secrets
import string
from collections.abc import Iterator, Sequence
from hashlib import sha256

import pytest
from msgspec.structs import replace

from skillconnect_ops.commands.searching import Detectors
from skillconnect_ops.core.finding import Confidence, Severity
from skillconnect_ops.core.ports.objects import Difference, ObjectKind, Piece, Same
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.history.model import Looked, Part, Trace
from skillconnect_ops.history.versions import Versions, alike


def piece(content: bytes, difference: Difference | None = None) -> Piece:
    return Piece(
        oid=sha256(content).hexdigest(),
        kind=ObjectKind.BLOB,
        size_bytes=len(content),
        content=content,
        difference=difference,
    )


class Needles:
    """Finds lines that hold a needle, and counts what it was asked about."""

    def __init__(self) -> None:
        self.searched = 0

    def __call__(self, path: str | None, content: bytes) -> Looked:
        self.searched += len(content)
        return self._found(content)

    def around(self, path: str, content: bytes, parts: Sequence[Part]) -> Looked | None:
        return Looked(tuple(one for part in parts for one in self._within(content, part)))

    def _within(self, content: bytes, part: Part) -> Iterator[Trace]:
        self.searched += part.end - part.begin
        first = content.rfind(b"\n", 0, part.begin) + 1
        last = content.find(b"\n", part.end)
        looked = self._found(content[first : last if last >= 0 else len(content)])
        above = content.count(b"\n", 0, first)
        yield from (replace(one, line=one.line + above) for one in looked.traces)

    def _found(self, content: bytes) -> Looked:
        return Looked(
            tuple(
                Trace(
                    detector="needle",
                    what="a needle",
                    secret=Secret(text.decode()),
                    whole=Secret(text.decode()),
                    line=number,
                    context="***",
                    severity=Severity.HIGH,
                    confidence=Confidence.HIGH,
                    remedy="",
                )
                for number, text in enumerate(content.split(b"\n"), start=1)
                if b"needle" in text
            )
        )


def _edited(lines: list[str], generator: random.Random) -> list[str]:
    lines = list(lines)
    for _ in range(generator.randint(1, 6)):
        at = generator.randrange(len(lines))
        match generator.randrange(4):
            case 0:
                lines[at:at] = [f"needle {secrets.token_hex(4)}"]
            case 1:
                lines[at:at] = [
                    f"new {secrets.token_hex(20)}" for _ in range(generator.randint(1, 80))
                ]
            case 2:
                del lines[at : at + generator.randint(1, 40)]
            case _:
                lines[at] = f"changed {secrets.token_hex(6)}"
    return lines


def _found(looked: Looked) -> set[tuple[int, str]]:
    return {(trace.line, trace.secret.reveal()) for trace in looked.traces}


def test_a_file_s_versions_give_what_a_search_of_each_gives() -> None:
    for seed in range(60):
        generator = random.Random(seed)
        by_difference, whole = Needles(), Needles()
        versions = Versions(by_difference)
        lines = [f"line {generator.randrange(10**9)} of the file" for _ in range(900)]
        for _ in range(12):
            lines = _edited(lines, generator)
            content = "\n".join(lines).encode()
            assert _found(versions("a.js", piece(content))) == _found(whole("a.js", content)), seed
        assert by_difference.searched < whole.searched * 0.8


def test_a_change_at_the_top_costs_little() -> None:
    search = Needles()
    versions = Versions(search)
    content = b"needle at the end\n".join([b"x" * 60 + b"\n"] * 3000)
    versions("CHANGELOG.md", piece(content))
    before = search.searched
    looked = versions("CHANGELOG.md", piece(b"one more entry\nneedle\n" + content))
    assert len(looked.traces) == 3000
    assert search.searched - before < 8192


def test_stretches_that_are_alike_are_so() -> None:
    generator = random.Random(5)
    lines = [f"line {generator.randrange(10**9)}" for _ in range(2000)]
    old = "\n".join(lines).encode()
    new = "\n".join(_edited(lines, generator)).encode()
    stretches = list(alike(old, new))
    assert stretches
    for one in stretches:
        assert old[one.old : one.old + one.length] == new[one.new : one.new + one.length]


def _long_lines(generator: random.Random) -> bytes:
    """A few lines of some kilobytes each, as generators of pages write them."""
    return b"\n".join(
        b" ".join(generator.randbytes(6).hex().encode() for _ in range(generator.randint(1, 900)))
        for _ in range(6)
    )


def _edited_anywhere(content: bytes, generator: random.Random) -> bytes:
    at, length = generator.randrange(len(content)), generator.choice((0, 3, 40, 2000))
    put = (b"", b"needle", b" 7.6.1 ", b"\n", b"end\nneedle on a line\n")
    return content[:at] + generator.choice(put) + content[at + length :]


def test_a_change_within_a_long_line_gives_what_a_search_of_the_whole_gives() -> None:
    for seed in range(150):
        generator = random.Random(seed)
        by_difference, whole = Needles(), Needles()
        versions = Versions(by_difference)
        content = _long_lines(generator)
        for _ in range(10):
            content = _edited_anywhere(content, generator)
            assert _found(versions("page.html", piece(content))) == _found(
                whole("page.html", content)
            )


def test_a_change_within_a_long_line_costs_little() -> None:
    search = Needles()
    versions = Versions(search)
    generator = random.Random(3)
    nav, body = (b" ".join(generator.randbytes(6).hex().encode() for _ in range(4000)),) * 2
    versions("page.html", piece(nav + b" 7.6.0 " + nav + b"\n" + body))
    before = search.searched
    versions("page.html", piece(nav + b" 7.6.10 " + nav + b"\n" + body))
    assert search.searched - before < 8192


def test_branches_that_take_turns_are_compared_each_with_its_own() -> None:
    search = Needles()
    versions = Versions(search)
    generator = random.Random(4)
    one = b"\n".join(generator.randbytes(20).hex().encode() for _ in range(500))
    other = b"\n".join(generator.randbytes(20).hex().encode() for _ in range(900))
    versions("a.js", piece(one))
    versions("a.js", piece(other))
    before = search.searched
    for turn in range(10):
        versions("a.js", piece((one, other)[turn % 2] + f"\nneedle {turn}".encode()))
    assert search.searched - before < 10 * 4096


def stored(old: bytes, new: bytes) -> Difference:
    return Difference(piece(old).oid, tuple(alike(old, new)))


def test_a_stored_difference_is_used_across_paths_of_one_class_and_no_other() -> None:
    search = Needles()
    old = b"needle one\n" + b"".join(b"line %d of the file\n" % n for n in range(900))
    new = old[:9000] + b"needle two\n" + old[9000:]
    for path, class_of, costs in (("b.js", 1, 4096), ("b.js", 2, len(new))):
        versions = Versions(search, path_class={"a.js": 1, path: class_of}.__getitem__)
        versions("a.js", piece(old))
        before = search.searched
        looked = versions(path, piece(new, stored(old, new)))
        assert _found(looked) == _found(search._found(new))
        assert (search.searched - before < costs) is (class_of == 1)


def test_a_stored_difference_to_what_was_forgotten_or_never_seen_costs_a_search_of_the_whole() -> (
    None
):
    search = Needles()
    versions = Versions(search, path_class=len)
    old, new = (b"needle %d\n" % n + b"text of the file\n" * 900 for n in (1, 2))
    looked = versions("a.js", piece(new, stored(old, new)))
    assert _found(looked) == {(1, "needle 2")}
    assert search.searched == len(new)


def test_a_stored_difference_that_shares_little_is_not_gone_by() -> None:
    search = Needles()
    versions = Versions(search)
    old = b"needle one\n" + b"".join(b"line %d of the file\n" % n for n in range(900))
    new = b"needle two\n" + old[:1000] + b"".join(b"new line %d\n" % n for n in range(2000))
    versions("a.js", piece(old))
    at = new.index(old[20:1000])
    same = Difference(piece(old).oid, (Same(20, at, 980),))
    assert _found(versions("a.js", piece(new, same))) == _found(search._found(new))


def value(chance: random.Random) -> str:
    """A made-up password of 18 letters and digits."""
    letters = string.ascii_letters + string.digits
    return "".join(chance.choice(letters) for _ in range(16)) + "q7"


def filler(number: int, start: str = "// line") -> str:
    return "".join(f"{start} {n} of harmless filler text here\n" for n in range(number))


def pem(chance: random.Random) -> str:
    return "".join(base64.b64encode(chance.randbytes(48)).decode() + "\n" for _ in range(60))


def key(which: str) -> str:
    return f"-----{which} RSA PRIVATE " + "KEY-----\n"


def pairs() -> Iterator[tuple[str, str, str]]:
    """A path, a version, and the one after it: what changes counts far from where it stands."""
    chance = random.Random(7)
    far, one, other = filler(100), value(chance), value(chance)
    sign = f"const t = sign(user, '{one}');\n"
    imported = "const { sign } = require('jsonwebtoken');\n"
    yield "src/auth.js", imported + far + far, imported + far + sign + far
    yield "src/auth.js", far + sign + far, imported + far + sign + far
    long = "".join(value(chance) for _ in range(80))
    yield (
        "cfg.js",
        f"{far}const blob = '{long}';\n{far}",
        f"{far}const app_secret = '{long}';\n{far}",
    )
    body, ends = pem(chance), filler(60)
    yield "k.txt", ends + key("BEGIN") + body + ends, ends + key("BEGIN") + body + key("END") + ends
    plain = f"DB_PASSWORD={one}\n"
    for path, head in (("bin/deploy", "#!/bin/bash\n"), ("run", "#!/usr/bin/env node\n")):
        yield path, head + far + far, head + far + plain + far
    yield "run", "#!/bin/bash\n" + far + plain + far, "---\n" + far + plain + far
    hidden = f"env: {base64.b64encode(plain.encode()).decode()}\n"
    notes = filler(200, "# ")
    yield "deploy.yml", f"DB_PASSWORD: {one}\n{notes}{hidden}", f"x: 1\n{notes}{hidden}"
    yield "deploy.yml", hidden + notes + hidden, "x: 1\n" + notes + hidden
    yield "deploy.yml", notes + hidden, f"DB_PASSWORD: {other}\n" + notes + hidden
    yield ".pgpass", f"h:5432:app:app:{one}\n" * 300, f"h:5432:app:app:{one}\n" * 299
    yield from far_from_its_word(one)


def far_from_its_word(secret: str) -> Iterator[tuple[str, str, str]]:
    """Only the value changes, as far behind the word that leads to it as detectors look."""
    far = filler(100)
    fields = "".join(f"    field{n}: user.profile.field{n},\n" for n in range(40))
    comment = "  // a line of a comment that explains things at length\n"
    keys = "".join(f"  process.env.COOKIE_SECRET_NUMBER_{n},\n" for n in range(14))
    options = "Option=some value;" * 200
    for path, before, old, after in (
        (
            "a.js",
            "const t = jwt.sign(\n  {\n" + fields + "  },\n  ",
            "process.env.S",
            ",\n  {});\n",
        ),
        ("a.js", "const c = new Sequelize(\n" + comment * 12 + "  'db', 'user', ", "env.P", ");\n"),
        ("a.js", "app.use(cookieParser([\n" + keys + "  ", "process.env.B", "\n]));\n"),
        ("a.js", "const password = env.P ||\n" + comment * 12 + "  ", "undefined", ";\n"),
        ("a.js", "const t = getenv('API_TOKEN',\n" + comment * 12 + "  ", "null", ");\n"),
        ("a.js", 'const x = { "connectionString": "' + options + "Password=", "${P}", '" };\n'),
        ("run.sh", "mysql -h db --ssl-ca=/etc/" + "a" * 220 + ".pem --password=", "$PW", " app\n"),
    ):
        quoted = f"'{secret}'" if path == "a.js" and not before.endswith("=") else secret
        yield path, far + before + old + after + far, far + before + quoted + after + far


@pytest.mark.parametrize("pair", list(pairs()), ids=lambda pair: str(pair[0]))
def test_the_detectors_miss_nothing_that_counts_far_away(pair: tuple[str, str, str]) -> None:
    path, before, after = pair
    detectors = Detectors()
    versions = Versions(detectors)
    versions(path, piece(before.encode()))
    by_difference, whole = versions(path, piece(after.encode())), detectors(path, after.encode())
    assert all_of(by_difference) == all_of(whole)


def test_the_detectors_find_by_difference_what_they_find_in_each_whole() -> None:
    detectors = Detectors()
    for seed in range(40):
        chance = random.Random(seed)
        path = chance.choice(("src/app.js", "config.yml", ".env", "notes.md", "run"))
        versions, lines = Versions(detectors), filler(250).splitlines(keepends=True)
        for _ in range(8):
            lines = edited(lines, chance)
            content = "".join(lines).encode()
            found, wanted = versions(path, piece(content)), detectors(path, content)
            assert all_of(found) == all_of(wanted), (seed, path)


def edited(lines: list[str], chance: random.Random) -> list[str]:
    """Some lines come, go, or change; some of them hold what the detectors look for."""
    lines = list(lines)
    one = value(chance)
    fresh = (
        f"DB_PASSWORD={one}\n",
        f"const apiKey = '{one}';\n",
        f"mongodb://app:{one}@db.corp.io/app\n",
        base64.b64encode(f"password={one}\n".encode()).decode() + "\n",
        "password:\n",
        f"  {one}\n",
        "const jwt = require('jsonwebtoken');\n",
        f"jwt.sign(user, '{one}');\n",
        key("BEGIN") + pem(chance) + key("END"),
        "x" * 3000 + f" token='{one}' " + "y" * 3000 + "\n",
        "nothing\n",
    )
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(lines))
        if chance.random() < 0.4:
            del lines[at : at + chance.randint(1, 20)]
        else:
            lines[at:at] = [chance.choice(fresh)]
    return lines


def all_of(looked: Looked) -> list[tuple[object, ...]]:
    return sorted(
        (
            *(one.line, one.end_line or 0, one.column or 0, one.detector),
            *(one.confidence.value, one.form, one.secret.reveal(), one.reasons),
        )
        for one in looked.traces
    )
