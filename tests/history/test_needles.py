"""Known values, found in every form and gone; Python's own codecs look for what is left."""

import base64
import bz2
import gzip
import html
import io
import json
import lzma
import pickle
import re
import secrets
import textwrap
import zipfile
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skillconnect_ops.history.archives import BUDGET_BYTES
from skillconnect_ops.history.needles import MASK, Needles

Form = Callable[[str], bytes]


def _lower(text: str) -> str:
    return re.sub(r"%..|\\u....", lambda match: match[0].lower(), text)


def _go(text: str) -> str:
    """As Go's encoding/json writes a string."""
    inner = json.dumps(text, ensure_ascii=False)[1:-1]
    for sign in "<>&\u2028\u2029":
        inner = inner.replace(sign, f"\\u{ord(sign):04x}")
    return inner


FORMS: dict[str, Form] = {
    "plain": lambda text: text.encode(),
    "carriage returns": lambda text: text.replace("\r\n", "\n").replace("\n", "\r\n").encode(),
    "UTF-16 LE": lambda text: text.encode("utf-16-le"),
    "UTF-16 BE": lambda text: text.encode("utf-16-be"),
    "quote": lambda text: quote(text, safe="").encode(),
    "quote, slashes kept": lambda text: quote(text).encode(),
    "quote_plus": lambda text: quote_plus(text).encode(),
    "encodeURIComponent": lambda text: quote(text, safe="!'()*~").encode(),
    "encodeURI": lambda text: quote(text, safe=";,/?:@&=+$#!'()*~").encode(),
    "quote, lower": lambda text: _lower(quote(text, safe="")).encode(),
    "JSON": lambda text: json.dumps(text)[1:-1].encode(),
    "JSON, not only ASCII": lambda text: json.dumps(text, ensure_ascii=False)[1:-1].encode(),
    "JSON of PHP": lambda text: json.dumps(text)[1:-1].replace("/", "\\/").encode(),
    "JSON of Go": lambda text: _go(text).encode(),
    "HTML": lambda text: html.escape(text).encode(),
    "HTML, quotes kept": lambda text: html.escape(text, quote=False).encode(),
    "hex": lambda text: text.encode().hex().encode(),
    "hex, upper": lambda text: text.encode().hex().upper().encode(),
}
for before in range(3):
    for behind in range(3):
        FORMS[f"base64 {before} {behind}"] = lambda text, before=before, behind=behind: (  # type: ignore[misc]
            base64.b64encode(b"~" * before + text.encode() + b"?" * behind)
        )
        FORMS[f"base64url {before} {behind}"] = lambda text, before=before, behind=behind: (  # type: ignore[misc]
            base64.urlsafe_b64encode(b"~" * before + text.encode() + b"?" * behind).rstrip(b"=")
        )
    FORMS[f"base64 of UTF-16 {before}"] = lambda text, before=before: base64.b64encode(  # type: ignore[misc]
        b"~" * before + text.encode("utf-16-le")
    )

values = st.one_of(
    st.text("abcXYZ019-_.", min_size=6, max_size=40),
    st.text("ab\"'\\%+/ &<>=:@é☃🙂\n#?0", min_size=6, max_size=20),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=6, max_size=20),
).filter(lambda text: text.strip("*") != "" and not left_in(MASK, text))


def left_in(content: bytes, text: str) -> list[str]:
    """By which form a value can still be had from a content; shares nothing with the program."""
    found = [name for name, form in FORMS.items() if "base64" not in name and form(text) in content]
    value = text.encode()
    joined = re.sub(rb"[\r\n]+", b"", content)
    for standard in (content, joined):
        for run in re.findall(
            rb"[A-Za-z0-9+/]{7,}", standard.translate(bytes.maketrans(b"-_", b"+/"))
        ):
            for shift in range(4):
                digits = run[shift:]
                digits = digits[: len(digits) - (len(digits) % 4 == 1)]
                plain = base64.b64decode(digits + b"=" * (-len(digits) % 4))
                if value in plain or text.encode("utf-16-le") in plain:
                    found.append("base64")
    for run in re.findall(rb"[0-9a-fA-F]{12,}", content):
        for shift in range(2):
            digits = run[shift:]
            if value in bytes.fromhex(digits[: len(digits) // 2 * 2].decode()):
                found.append("hex")
    return found


@pytest.mark.parametrize("name", FORMS)
@given(text=values, before=st.binary(max_size=9), behind=st.binary(max_size=9))
@settings(max_examples=12)
def test_a_value_is_found_and_gone_in_every_form(
    name: str, text: str, before: bytes, behind: bytes
) -> None:
    found_and_gone(name, text, before, behind)


@pytest.mark.long
@pytest.mark.parametrize("name", FORMS)
@given(text=values, before=st.binary(max_size=9), behind=st.binary(max_size=9))
@settings(max_examples=400)
def test_many_values_are_found_and_gone_in_every_form(
    name: str, text: str, before: bytes, behind: bytes
) -> None:
    found_and_gone(name, text, before, behind)


def found_and_gone(name: str, text: str, before: bytes, behind: bytes) -> None:
    needles = Needles([text.encode()])
    content = before + FORMS[name](text) + behind
    assert needles.plainly(content)
    assert needles.held(content) == {0}
    clean = needles.without(content)
    assert not needles.held(clean)
    assert left_in(clean, text) == []
    assert needles.without(clean) is clean
    if b"\0" in content and not name.startswith("UTF-16"):
        assert len(clean) == len(content)


@given(
    text=values,
    width=st.integers(20, 80),
    before=st.binary(max_size=120),
    behind=st.binary(max_size=90),
    end=st.sampled_from(["\n", "\r\n", "\\n", "\n    "]),
)
def test_line_ends_within_base64_hide_nothing_and_stay(
    text: str, width: int, before: bytes, behind: bytes, end: str
) -> None:
    value = text.encode()
    digits = base64.b64encode(before + value + behind).decode()
    content = end.join(textwrap.wrap(digits, width)).encode()
    needles = Needles([value])
    assert needles.plainly(content)
    clean = needles.without(content)
    assert not needles.held(clean)
    assert len(clean) == len(content)
    plain = base64.b64decode(clean.replace(end.encode(), b""))
    if before.count(value) == behind.count(value) == 0 and len(value) > 20:
        assert plain == before + b"*" * len(value) + behind


mixtures = given(
    texts=st.lists(values, min_size=1, max_size=4),
    parts=st.lists(
        st.one_of(
            st.tuples(st.sampled_from(sorted(FORMS)), st.integers(0, 3)),
            st.binary(max_size=12),
            st.text("ab*RD\n\0 ", max_size=5).map(str.encode),
        ),
        max_size=8,
    ),
)


@mixtures
@settings(max_examples=60)
def test_nothing_is_left_of_several_values_in_any_mixture(
    texts: list[str], parts: list[bytes | tuple[str, int]]
) -> None:
    nothing_is_left(texts, parts)


@pytest.mark.long
@mixtures
@settings(max_examples=3000)
def test_nothing_is_left_of_several_values_in_many_mixtures(
    texts: list[str], parts: list[bytes | tuple[str, int]]
) -> None:
    nothing_is_left(texts, parts)


def nothing_is_left(texts: list[str], parts: list[bytes | tuple[str, int]]) -> None:
    content = b"".join(
        part if isinstance(part, bytes) else FORMS[part[0]](texts[part[1] % len(texts)])
        for part in parts
    )
    needles = Needles([text.encode() for text in texts])
    clean = needles.without(content)
    assert not needles.held(clean)
    assert needles.without(clean) is clean
    assert (clean is content) == (not needles.held(content))
    assert needles.plainly(content) >= any(left_in(content, text) for text in texts)
    for text in texts:
        assert left_in(clean, text) == []


@given(before=st.text(max_size=20), behind=st.text(max_size=20))
def test_what_is_beside_a_value_stays_as_it_was(before: str, behind: str) -> None:
    value = "Zq9xW2vB7k"
    needles = Needles([value.encode()])
    text = before.replace("\0", "") + "|" + value + "|" + behind.replace("\0", "")
    for codec in ("utf-8", "utf-16", "utf-16-be"):
        marked = text if codec != "utf-16-be" else "\ufeff" + text
        content = marked.encode(codec)
        assert needles.without(content) == marked.replace(value, MASK.decode()).encode(codec)


def test_a_value_next_to_itself_is_masked_twice() -> None:
    value = secrets.token_hex(8).encode()
    assert Needles([value]).without(b"<" + value * 2 + b">") == b"<" + MASK * 2 + b">"


def test_of_overlapping_values_nothing_is_left() -> None:
    password = secrets.token_hex(8).encode()
    uri = b"mongodb://app:" + password + b"@localhost/db"
    needles = Needles([password, uri, uri[:20]])
    assert needles.held(uri) == {0, 1, 2}
    assert needles.without(b"a " + uri + b" b") == b"a " + MASK + b" b"
    # one ends where the other has begun
    needles = Needles([b"abcdef-123", b"123-ghijkl"])
    assert needles.without(b"<abcdef-123-ghijkl>") == b"<" + MASK + b">"


def test_a_mask_that_makes_a_new_occurrence_is_masked_again() -> None:
    needles = Needles([b"D***a=", b"secret", b"D******R"])
    for content in (b"secreta=", b"secret" + b"a=" * 40, b"secretsecret", b"D***" * 30 + b"a="):
        clean = needles.without(content)
        assert not needles.held(clean)
        assert needles.without(clean) is clean


def test_a_binary_keeps_its_length() -> None:
    value = secrets.token_hex(16).encode()
    content = b"\x7fELF\0\1\2" + value + b"\0" + quote('"' + value.decode()).encode() + b"\xff"
    clean = Needles([value]).without(content)
    assert len(clean) == len(content)
    assert clean == content.replace(value, MASK.ljust(len(value), b"*"))


def test_whoever_names_what_cannot_go_is_told() -> None:
    for values, mask in (([b"short"], MASK), ([b"*" * 9], MASK), ([b"REMOVED"], MASK)):
        with pytest.raises(ValueError, match=r"value|mask"):
            Needles(values, mask=mask)


def test_needles_are_pickled_without_what_they_built() -> None:
    needles = Needles([secrets.token_hex(16).encode() for _ in range(60)])
    assert needles.plainly(b"nothing") is False
    assert len(pickle.dumps(needles)) < 4_000
    copy = pickle.loads(pickle.dumps(needles))
    assert copy.held(b"nothing") == frozenset()


def test_a_plain_stretch_is_found_as_it_stands_and_in_no_other_form() -> None:
    value, stretch = secrets.token_hex(12).encode(), b"Copyright (c) of a licence"
    needles = Needles([value], plain=[stretch])
    assert needles.held(b"x" + stretch + b"y") == {1}
    assert needles.held(quote_plus(stretch.decode()).encode() + base64.b64encode(stretch)) == set()
    assert needles.held(gzip.compress(stretch + value)) == {0, 1}
    assert pickle.loads(pickle.dumps(needles)).held(stretch) == {1}


def test_many_names_are_known_to_be_free_of_a_value_at_once() -> None:
    value = secrets.token_hex(12).encode() + b"+/="
    needles = Needles([value])
    names = [b"refs/heads/%d" % number for number in range(100)]
    assert not needles.may_stand_in(names)
    for form in FORMS.values():
        assert needles.may_stand_in([*names, b"refs/" + form(value.decode()), *names])


def test_no_value_needs_many_words() -> None:
    worst = "a\"b'c\\d%e+f/g h&i<j>k=l:m@né\no☃"
    needles = Needles([worst.encode()])
    needles.plainly(b"")
    # so many are looked for as fast as one
    assert len(needles._ready().owners) <= 700


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, (2001, 2, 3, 4, 5, 6))
            info.external_attr = 0o640 << 16
            info.comment = b"a remark"
            info.compress_type = method
            archive.writestr(info, content)
        archive.comment = b"of all"
    return out.getvalue()


def directory(content: bytes) -> list[tuple[object, ...]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return [
            (one.filename, one.date_time, one.external_attr, one.comment, one.compress_type)
            for one in archive.infolist()
        ]


@pytest.mark.parametrize(
    "method",
    [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA],
)
@given(others=st.lists(st.binary(max_size=60), min_size=1, max_size=4), at=st.integers(0, 3))
@settings(max_examples=25)
def test_a_zip_is_packed_again_and_its_other_members_are_the_same(
    method: int, others: list[bytes], at: int
) -> None:
    value = b"Zq9xW2vB7k"
    members = {f"m{number}": content for number, content in enumerate(others)}
    members[f"m{at}"] = b"key = " + value + b"\n"
    members["inner.gz"] = gzip.compress(b"in it " + value, mtime=7)
    content = zipped(members, method)
    needles = Needles([value])
    assert needles.may_pack(content)
    assert needles.held(content) == {0}
    clean = needles.without(content)
    assert not needles.held(clean)
    assert needles.without(clean) is clean
    assert directory(clean) == directory(content)
    with zipfile.ZipFile(io.BytesIO(clean)) as archive:
        assert archive.comment == b"of all"
        for name, before in members.items():
            if name == "inner.gz":
                assert gzip.decompress(archive.read(name)) == b"in it " + MASK
            else:
                assert archive.read(name) == before.replace(value, MASK)


def test_a_gzip_keeps_its_name_and_time() -> None:
    value = secrets.token_hex(8).encode()
    out = io.BytesIO()
    with gzip.GzipFile("a name.txt", "wb", fileobj=out, mtime=1234567) as packed:
        packed.write(b"one " + value)
    clean = Needles([value]).without(out.getvalue())
    assert clean[:21] == out.getvalue()[:21]
    assert b"a name.txt\0" in clean
    assert gzip.decompress(clean) == b"one " + MASK


@pytest.mark.parametrize("library", [gzip, bz2, lzma])
def test_streams_one_behind_the_other_are_one_content(library: object) -> None:
    value = secrets.token_hex(8).encode()
    content = library.compress(b"a " + value[:5]) + library.compress(value[5:] + b" b")  # type: ignore[attr-defined]
    needles = Needles([value])
    assert needles.held(content) == {0}
    assert library.decompress(needles.without(content)) == b"a " + MASK + b" b"  # type: ignore[attr-defined]


def test_a_gzip_in_a_zip_in_a_gzip_is_cleaned() -> None:
    value = secrets.token_hex(8).encode()
    content = gzip.compress(zipped({"a.gz": gzip.compress(value)}))
    needles = Needles([value])
    assert not needles.plainly(content)
    clean = needles.without(content)
    assert not needles.held(clean)
    with zipfile.ZipFile(io.BytesIO(gzip.decompress(clean))) as archive:
        assert gzip.decompress(archive.read("a.gz")) == MASK


@pytest.mark.parametrize("cut", [3, 12, 25, -9])
def test_a_damaged_archive_is_left_and_not_claimed(cut: int) -> None:
    value = secrets.token_hex(8).encode()
    needles = Needles([value])
    for whole in (
        zipped({"a": value * 9}),
        *(one.compress(value * 9) for one in (gzip, bz2, lzma)),
    ):
        damaged = whole[:cut]
        assert needles.held(damaged) == frozenset()
        assert needles.without(damaged) is damaged


def test_a_member_with_a_password_is_left_and_the_others_are_cleaned() -> None:
    value = secrets.token_hex(8).encode()
    content = bytearray(zipped({"locked": b"x" * 40, "open": value * 3}))
    for sign, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        content[content.index(sign) + offset] |= 1
    clean = Needles([value]).without(bytes(content))
    with zipfile.ZipFile(io.BytesIO(clean)) as archive:
        assert archive.read("open") == MASK * 3
        assert archive.infolist()[0].flag_bits & 1
    end = content.index(b"PK\3\4", 4)
    assert clean[:end] == content[:end]


def test_a_bomb_is_left_and_what_is_beside_it_is_cleaned() -> None:
    value = secrets.token_hex(8).encode()
    bomb = value + bytes(BUDGET_BYTES + 1)
    needles = Needles([value])
    content = zipped({"bomb": bomb})
    assert needles.held(content) == frozenset()
    assert needles.without(content) is content
    clean = needles.without(zipped({"bomb": bomb, "small": value}))
    assert not needles.held(clean)
    with zipfile.ZipFile(io.BytesIO(clean)) as archive:
        assert archive.read("small") == MASK


def test_names_and_remarks_in_a_zip_are_masked_in_their_place() -> None:
    value = secrets.token_hex(8).encode()
    content = zipped({f"{value.decode()}.txt": b"nothing"})
    clean = Needles([value]).without(content)
    assert len(clean) == len(content)
    with zipfile.ZipFile(io.BytesIO(clean)) as archive:
        assert archive.namelist() == [MASK.ljust(16, b"*").decode() + ".txt"]
        assert archive.read(archive.namelist()[0]) == b"nothing"
