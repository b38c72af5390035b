"""The strings that an expression can come to: `env.S || '…'`, `dev ? '…' : '…'`, `<any>'…'`.

A small reading of what JavaScript, TypeScript and Python have in common. It follows what passes a
value on (brackets, casts, fallbacks, branches, joining, encoding) and nothing else: what a function
makes of a string is not known.
"""

import re
from collections.abc import Iterator, Sequence
from typing import cast

from msgspec import Struct

from skillconnect_ops.core.regex import regex

LONGEST = 1500
"""Bytes of an expression that are read."""
_MOST_TOKENS = 120
FREE_TOKENS = 20_000
"""Tokens that are read of a content of any size."""
BYTES_OF_A_TOKEN = 8
"""Of a content one token more is read for so many bytes."""
_DEEPEST = 12
_TOKEN = regex(
    rb"""(?x)
      (?P<space> \s++ | /\*(?:(?!\*/)[\s\S]){0,400}+\*/ | //[^\r\n]*+ )
    | (?P<string> "(?:[^"\\\r\n]|\\[\s\S]){0,600}+" | '(?:[^'\\\r\n]|\\[\s\S]){0,600}+'
                | `(?:[^`\\]|\\[\s\S]){0,600}+` )
    | (?P<word> [\w$@]++ )
    | (?P<sign> \|\| | \?\? | \?\. | && | => | [=!]==? | [<>]= | [\s\S] )
    """
)
_DEEPEST_PASSED = 4
"""Brackets within brackets that are passed over without reading what is in them."""
_COMMENT = rb"/\*(?:(?!\*/)[\s\S]){0,400}+\*/|//[^\r\n]*+"


def _unquoted(depth: int) -> bytes:
    """What stands between brackets and holds no string; never tried a second time."""
    parts = [rb"[^()\[\]{}\"'`/]++", _COMMENT, rb"/"]
    if depth:
        inner = _unquoted(depth - 1)
        parts += [rb"\(" + inner + rb"\)", rb"\[" + inner + rb"\]", rb"\{" + inner + rb"\}"]
    return rb"(?:" + rb"|".join(parts) + rb")*+"


_INNER = _unquoted(_DEEPEST_PASSED)
_PLAIN = regex(
    rb"(?:[^()\[\]{}\"'`/\r\n,;|?:+&]++|" + _COMMENT + rb"|/"
    rb"|[|?:+&](?:\s++|" + _COMMENT + rb")*+"  # an operator: the expression goes on behind it
    rb"|\r?\n(?=\s{0,80}+[|?+&])\s++"
    rb"|\(" + _INNER + rb"\)|\[" + _INNER + rb"\]|\{" + _INNER + rb"\})*+"
)
"""An expression by line up to its end, or to the first thing in it that holds a string."""
_QUOTE = regex(rb"[\"'`]")
_ENDS = b",;)]}\r\n"
_OPENERS = {b"(": b")", b"[": b"]", b"{": b"}"}
_CLOSERS = frozenset(_OPENERS.values())
_EITHER = frozenset({b"||", b"??", b"&&", b"or", b"and"})
_GOES_ON = frozenset({*_EITHER, b"+", b"?", b":", b".", b"?.", b"as", b"if", b"else", b"("})
"""What a line of an expression that is not over ends with, or the next one begins with."""
_COMPARES = frozenset({b"==", b"===", b"!=", b"!==", b"<=", b">=", b"=>", b"in", b"not", b"typeof"})
_IDLE = frozenset({b"await", b"new"})
_NAMED = frozenset({b"key", b"secret", b"password", b"default"})
_LITERAL_PREFIX = regex(rb"[bBuUrRfF]{1,2}$")
_CHAINED = frozenset(
    {b"encode", b"trim", b"strip", b"toString", b"normalize", b"valueOf", b"decode"}
)
"""Methods that give a string as it was, or its bytes."""
_PASSES_ON = regex(
    rb"(?:^|[.)])(?:Buffer(?:\.from)?|encode|bytes|bytearray|str|String|createSecretKey|parse"
    rb"|SecretStr|importKey|b64decode)$"
)
_FALLS_BACK = regex(rb"(?:^|\.)(?:getenv|environ\.get|env\.get|env|get_env|getEnv|config)$")
"""Calls whose second argument counts where the environment has no such variable."""


class Text(Struct, frozen=True):
    """A string in an expression; offsets are those of what stands between its quotes."""

    start: int
    end: int
    partly: bool = False
    """Whether something that is not known here is joined to it."""
    known: bool = True
    """Whether the expression can come to it; else it only stands there."""


class _Token(Struct, frozen=True):
    kind: str
    text: bytes
    start: int
    end: int


_Tokens = Sequence[_Token]


def texts(content: bytes, start: int) -> tuple[list[Text], int]:
    """The strings of the expression that begins at an offset, and where it ends.

    Args:
        content: what it stands in.
        start: where it begins.
    """
    tokens, end = _tokens(content, start, by_line=False)
    return list(_read(tokens, 0)), end


class TooManyTokens(Exception):
    """A content's expressions are more than is read of one content."""


class ByLine:
    """The expressions of one content of which a line end is the end, unless they plainly go on.

    A keyword stands in nearly every line of some files, and most expressions hold no string: that
    is told from the bytes alone. The others are read, so many tokens for a content of its size:
    each may stand within the one before it, so that reading all could take a thousand times as
    long as the content is.
    """

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._left = FREE_TOKENS + len(content) // BYTES_OF_A_TOKEN
        self._quote_after = self._quote_at = -1
        """Between these two offsets no quote stands."""
        self._read: tuple[int, list[Text]] = (-1, [])

    def texts(self, start: int) -> list[Text]:
        """The strings of the expression that begins at an offset; rising offsets cost the least.

        Raises:
            TooManyTokens: so much was read before that this one is not.
        """
        if start != self._read[0]:
            self._read = (start, self._texts(start))
        return self._read[1]

    def _texts(self, start: int) -> list[Text]:
        last = min(start + LONGEST, len(self._content))
        if self._next_quote(start) >= last:
            return []
        end = cast("re.Match[bytes]", _PLAIN.match(self._content, start, last)).end()
        if end == last or self._content[end] in _ENDS:
            return []
        if self._left <= 0:
            raise TooManyTokens
        tokens, _ = _tokens(self._content, start, by_line=True)
        self._left -= len(tokens)
        if all(token.kind != "string" for token in tokens):
            return []
        return list(_read(tokens, 0))

    def _next_quote(self, start: int) -> int:
        if not self._quote_after <= start <= self._quote_at:
            found = _QUOTE.search(self._content, start)
            self._quote_after = start
            self._quote_at = len(self._content) if found is None else found.start()
        return self._quote_at


def _tokens(content: bytes, start: int, *, by_line: bool) -> tuple[list[_Token], int]:
    """The tokens up to the comma, semicolon or bracket that ends the expression."""
    tokens: list[_Token] = []
    expected: list[bytes] = []
    last = min(len(content), start + LONGEST)
    at, broken = start, False
    while at < last and len(tokens) < _MOST_TOKENS:
        found = _TOKEN.match(content, at, last)
        if found is None:
            break
        kind, said = str(found.lastgroup), found[0]
        at = found.end()
        if kind == "space":
            broken = broken or (by_line and b"\n" in said)
            continue
        ended = not expected and (said in _CLOSERS or said in {b",", b";"})
        if broken and tokens and not expected:
            ended = ended or not (tokens[-1].text in _GOES_ON or said in _GOES_ON)
        broken = False
        if ended:
            return tokens, found.start()
        if kind == "sign" and said in _OPENERS:
            expected.append(_OPENERS[said])
        elif expected and said == expected[-1]:
            expected.pop()
        tokens.append(_Token(kind, said, found.start(), at))
    return tokens, at


def _read(tokens: _Tokens, depth: int) -> Iterator[Text]:
    if not tokens or depth > _DEEPEST:
        return
    branches = _branches(tokens) or _split(tokens, _EITHER)
    if len(branches) > 1:
        for branch in branches:
            yield from _read(branch, depth + 1)
        return
    if any(token.text in _COMPARES for token in _outermost(tokens)):
        yield from _standing(tokens)
        return
    parts = _split(tokens, frozenset({b"+"}))
    if len(parts) > 1:
        yield from _joined(parts, depth)
        return
    yield from _operand(tokens, depth)


def _joined(parts: Sequence[_Tokens], depth: int) -> Iterator[Text]:
    """`'…' + '…'`: the longest of them stands for all; beside something else each counts partly."""
    read = [list(_read(part, depth + 1)) for part in parts]
    found = [text for some in read for text in some if text.known]
    if all(len(some) == 1 and some[0].known and not some[0].partly for some in read):
        yield max(found, key=lambda text: text.end - text.start)
        return
    for text in found:
        yield Text(text.start, text.end, partly=True)


def _operand(tokens: _Tokens, depth: int) -> Iterator[Text]:
    tokens = _without_cast(tokens)
    if not tokens:
        return
    first = tokens[0]
    if first.kind == "string" and _is_chain(tokens[1:]):
        yield Text(first.start + 1, first.end - 1)
        return
    close = _close(tokens, 0)
    if first.text == b"(" and close is not None and _is_chain(tokens[close + 1 :]):
        yield from _read(tokens[1:close], depth + 1)
    elif first.text == b"[" and close == len(tokens) - 1:
        for item in _split(tokens[1:close], frozenset({b","})):
            yield from _read(item, depth + 1)
    else:
        yield from _call(tokens, depth)


def _without_cast(tokens: _Tokens) -> _Tokens:
    """Less `as T`, `satisfies T`, `<T>` before it, `!` behind it, `await`, `key=`, and `b`."""
    for index, token in enumerate(tokens):
        if token.text in {b"as", b"satisfies"} and index:
            tokens = tokens[:index]
            break
    while tokens and tokens[-1].text == b"!":
        tokens = tokens[:-1]
    if len(tokens) > 2 and tokens[0].text in _NAMED and tokens[1].text == b"=":
        tokens = tokens[2:]
    if tokens and tokens[0].text == b"<":
        ends = [index for index, token in enumerate(tokens) if token.text == b">"]
        tokens = tokens[ends[0] + 1 :] if ends else ()
    while tokens and tokens[0].text in _IDLE:
        tokens = tokens[1:]
    is_prefix = len(tokens) > 1 and _LITERAL_PREFIX.match(tokens[0].text) is not None
    if is_prefix and tokens[1].kind == "string" and tokens[0].end == tokens[1].start:
        tokens = tokens[1:]
    return tokens


def _call(tokens: _Tokens, depth: int) -> Iterator[Text]:
    """`Buffer.from('…', 'hex')` gives its string on; `getenv('S', '…')` falls back on one."""
    closes = {index: _close(tokens, index) for index, one in enumerate(tokens) if one.text == b"("}
    for index, close in closes.items():
        if close is None or not _is_chain(tokens[close + 1 :]):
            continue
        name = b"".join(token.text for token in tokens[:index])
        arguments = _split(tokens[index + 1 : close], frozenset({b","}))
        if _PASSES_ON.search(name):
            yield from _read(arguments[0], depth + 1)
            return
        if _FALLS_BACK.search(name) and len(arguments) > 1:
            yield from _read(arguments[1], depth + 1)
            return
    yield from _standing(tokens)


def _standing(tokens: _Tokens) -> Iterator[Text]:
    """Strings of which nothing is known; `process.env['S']` is a name, and no value."""
    for index, token in enumerate(tokens):
        looked_up = (
            index > 1 and tokens[index - 1].text == b"[" and tokens[index - 2].kind == "word"
        )
        if token.kind == "string" and not looked_up:
            yield Text(token.start + 1, token.end - 1, known=False)


def _is_chain(tokens: _Tokens) -> bool:
    """`.trim().toString('hex')`, or nothing: what follows a string and leaves it as it is."""
    while tokens:
        if len(tokens) < 3 or tokens[0].text not in {b".", b"?."} or tokens[1].text not in _CHAINED:
            return False
        close = _close(tokens, 2)
        if tokens[2].text != b"(" or close is None:
            return False
        tokens = tokens[close + 1 :]
    return True


def _branches(tokens: _Tokens) -> list[_Tokens]:
    """The two ends of `c ? a : b` and of `a if c else b`; nothing for anything else."""
    outer = {index: tokens[index].text for index in _outer_indexes(tokens)}
    begin = next((index for index, said in outer.items() if said == b"?"), None)
    if begin is not None:
        nested = 0
        for index in range(begin + 1, len(tokens)):
            said = outer.get(index)
            nested += (said == b"?") - (said == b":")
            if nested < 0:
                return [tokens[begin + 1 : index], tokens[index + 1 :]]
        return []
    begin = next((index for index, said in outer.items() if said == b"if"), None)
    other = next((index for index, said in outer.items() if said == b"else"), None)
    if begin is None or other is None or other < begin:
        return []
    return [tokens[:begin], tokens[other + 1 :]]


def _split(tokens: _Tokens, at: frozenset[bytes]) -> list[_Tokens]:
    parts: list[_Tokens] = []
    begin = 0
    for index in _outer_indexes(tokens):
        if tokens[index].text in at and tokens[index].kind != "string":
            parts.append(tokens[begin:index])
            begin = index + 1
    return [*parts, tokens[begin:]]


def _outermost(tokens: _Tokens) -> Iterator[_Token]:
    return (tokens[index] for index in _outer_indexes(tokens) if tokens[index].kind != "string")


def _outer_indexes(tokens: _Tokens) -> Iterator[int]:
    """The places that no bracket is around."""
    depth = 0
    for index, token in enumerate(tokens):
        if token.kind == "sign" and token.text in _CLOSERS:
            depth -= 1
        if depth == 0:
            yield index
        if token.kind == "sign" and token.text in _OPENERS:
            depth += 1


def _close(tokens: _Tokens, at: int) -> int | None:
    """Where the bracket that opens there is closed."""
    depth = 0
    for index in range(at, len(tokens)):
        token = tokens[index]
        if token.kind != "sign":
            continue
        depth += (token.text in _OPENERS) - (token.text in _CLOSERS)
        if depth <= 0:
            return index if index > at else None
    return None
