"""`node --env-file`, Node's built-in reader (20.12 and later), which is no dotenv.

It looks for the next `=`, wherever that is, so that a line without one becomes part of the next
key; it drops every CR; a quote ends at the next one of its kind.
"""

QUOTES = "'\"`"


def read(text: str) -> dict[str, str]:
    """All variables; of a name that stands twice the last."""
    rest = _Rest(_trimmed(text.replace("\r", "")))
    values: dict[str, str] = {}
    while rest.text_left():
        if rest.front() in "\n#" and rest.skip_line():
            continue
        key = rest.take_key()
        if not key:
            break
        value = rest.take_value()
        if value is not None:
            values[key] = value
    return values


class _Rest:
    """What is not read yet."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def text_left(self) -> bool:
        return self._at < len(self._text)

    def front(self) -> str:
        return self._text[self._at]

    def skip_line(self) -> bool:
        """Go past the end of the line, if it has one."""
        end = self._text.find("\n", self._at)
        if end < 0:
            return False
        self._at = end + 1
        return True

    def take_key(self) -> str:
        """The text up to the next `=`; empty where there is none."""
        end = self._text.find("=", self._at)
        if end < 0:
            return ""
        before, key = self._text[max(self._at - 1, 0) : self._at], self._text[self._at : end]
        # its trimming steps back by one where there is nothing but spaces
        key = _trimmed(key) or _trimmed(before if key else "")
        self._at = end + 1
        return key.removeprefix("export ")

    def take_value(self) -> str | None:
        """The value that begins here; None for an open quote in the last line."""
        self._skip_spaces()
        if not self.text_left():
            return ""
        quote = self.front()
        if quote not in QUOTES:
            return _trimmed(self._line().partition("#")[0])
        end = self._text.find(quote, self._at + 1)
        if end < 0:
            return self._line() if "\n" in self._text[self._at :] else None
        value = self._text[self._at + 1 : end]
        self._at = end + 1
        self._line()
        return value.replace("\\n", "\n") if quote == '"' else value

    def _line(self) -> str:
        """What is left of the line; its end is not taken."""
        end = self._text.find("\n", self._at)
        end = len(self._text) if end < 0 else end
        line, self._at = self._text[self._at : end], end
        return line

    def _skip_spaces(self) -> None:
        while self._at < len(self._text) and self._text[self._at] == " ":
            self._at += 1


def _trimmed(text: str) -> str:
    """Without spaces at both ends; other blanks stay."""
    return text.strip(" ")
