r"""What docker compose makes of an `env_file`, as far as that is certain without running it.

Its reader refuses a whole file for one line: a name with a blank or another sign in it, a quote
that stays open, a `${` that begins no variable. Within double quotes it takes `\` for an escape,
and outside of single quotes it puts variables in. Source: the compose specification, Env_file;
the reader of compose-go 2.
"""

from skillconnect_ops.core.regex import regex

_BLANKS = "\t\v\f\r \x85\xa0"
_OF_A_NAME = frozenset("_.-[]")
_EXPORT = regex(r"export\s+")
_ESCAPE = regex(r'\\(?:[abcfnrtv$"\\]|0\d{0,3})')
_PLACE = regex(
    r"\$(?:(\$)|([A-Za-z_][A-Za-z0-9_]*)|\{(?:([A-Za-z_][A-Za-z0-9_]*)(?::?[-+?].*)?\})?)"
)
_LETTERS = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_BOM = "\ufeff"


class RefusesFile(ValueError):
    """It reads nothing of the file, for what stands in this line."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(why)
        self.line = line
        self.why = why


def read(data: bytes) -> dict[str, str | None]:
    """The variables; None for a value that depends on others.

    Raises:
        RefusesFile: it would end with an error.
    """
    return _Rest(data.decode("utf-8", errors="replace").removeprefix(_BOM)).read()


class _Rest:
    """What is not read yet."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def read(self) -> dict[str, str | None]:
        values: dict[str, str | None] = {}
        while self._next_statement():
            start = self._at
            name, inherited = self._name()
            if " " in name:
                raise self._refuses("a name with a blank in it", start)
            if not inherited:
                values[name] = self._value()
        return {name: value for name, value in values.items() if name and not name[0].isdigit()}

    def _refuses(self, why: str, at: int) -> RefusesFile:
        return RefusesFile(self._text.count("\n", 0, at) + 1, why)

    def _next_statement(self) -> bool:
        """Go past blanks and comments; whether anything is left."""
        while self._at < len(self._text):
            if self._text[self._at].isspace():
                self._at += 1
            elif self._text[self._at] == "#":
                self._line()
            else:
                return True
        return False

    def _name(self) -> tuple[str, bool]:
        """The name, and whether its value is to come from the environment."""
        exported = _EXPORT.match(self._text, self._at)
        if exported is not None:
            self._at += len("export")
            self._skip_blanks()
        start = self._at
        for at in range(start, len(self._text)):
            sign = self._text[at]
            if sign in "=:\n":
                self._at = at + 1
                self._skip_blanks()
                return self._text[start:at].rstrip(), sign == "\n"
            fine = sign in _BLANKS or sign in _OF_A_NAME or sign.isalpha() or sign.isnumeric()
            if not fine:
                raise self._refuses("a sign that no name may hold", at)
        if start == len(self._text):
            raise self._refuses("an export of nothing", start)
        return "", False  # a name that the file ends with is the value of an empty one

    def _value(self) -> str | None:
        start = self._at
        quote = self._text[start : start + 1]
        if quote not in {"'", '"'}:
            value = self._line().partition(" #")[0].rstrip()
            return self._expanded(value, start)
        made: list[str] = []
        escaped = False
        for at in range(start + 1, len(self._text)):
            sign = self._text[at]
            if sign == quote and not escaped:
                self._at = at + 1
                value = "".join(made)
                return value if quote == "'" else self._expanded(_unescaped(value), start)
            if sign == "\\" and not escaped:
                escaped = True
                continue
            made.append(f"\\{sign}" if escaped and sign != quote else sign)
            escaped = False
        raise self._refuses("a quote that is not closed", start)

    def _expanded(self, value: str, start: int) -> str | None:
        for found in _PLACE.finditer(value):
            if found[0] == "${":
                raise self._refuses("a ${ that begins no variable", start)
            if found[2] or found[3]:
                return None
        return value.replace("$$", "$")

    def _line(self) -> str:
        end = self._text.find("\n", self._at)
        end = len(self._text) if end < 0 else end
        line, self._at = self._text[self._at : end], min(end + 1, len(self._text))
        return line

    def _skip_blanks(self) -> None:
        while self._at < len(self._text) and self._text[self._at] in _BLANKS:
            self._at += 1


def _unescaped(value: str) -> str:
    return _ESCAPE.sub(lambda found: _meaning(found[0][1:]), value)


def _meaning(letter: str) -> str:
    if letter == "$":
        return "$$"
    if letter in _LETTERS:
        return _LETTERS[letter]
    if letter in {'"', "\\"}:
        return letter
    octal = letter.removeprefix("0")
    # Go takes exactly three digits; whatever else it leaves as it stands
    fits = len(octal) == 3 and not {*octal} - {*"01234567"} and int(octal, 8) < 256
    if letter[0] == "0":
        return chr(int(octal, 8)) if fits else f"\\{octal}"
    return f"\\{letter}"
