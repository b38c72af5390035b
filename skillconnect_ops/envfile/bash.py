"""What `source FILE` sets in bash, as far as that is certain without running the file.

Assignments, `export`, quotes, comments and plain words are understood (bash(1): QUOTING, SIMPLE
COMMANDS). At anything that could do more (a substitution, a redirection, a builtin, a keyword, an
open quote) it stops and says in which line: from there on nobody knows what the file does.
"""

import re

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PLAIN = re.compile(r"[A-Za-z0-9_.@%,:=+\r\x80-\xff-]+")
_STOPS = frozenset("&|<>()`")
_EXPANDS = re.compile(r"[A-Za-z0-9_*@#?$!-]|\{[A-Za-z_][A-Za-z0-9_]*\}")
_ESCAPED_IN_DOUBLE = frozenset('$`"\\\n')
_UNQUOTED_RUN = re.compile(r"[^ \t\n;&|<>()`'\"\\$~]*")
_DOUBLE_QUOTED_RUN = re.compile(r"[^`\"\\$]*")
_BUILTINS = frozenset(
    [
        ".",
        ":",
        "[",
        "alias",
        "bg",
        "bind",
        "break",
        "builtin",
        "caller",
        "cd",
        "command",
        "compgen",
        "complete",
        "compopt",
        "continue",
        "declare",
        "dirs",
        "disown",
        "echo",
        "enable",
        "eval",
        "exec",
        "exit",
        "export",
        "false",
        "fc",
        "fg",
        "getopts",
        "hash",
        "help",
        "history",
        "jobs",
        "kill",
        "let",
        "local",
        "logout",
        "mapfile",
        "popd",
        "printf",
        "pushd",
        "pwd",
        "read",
        "readarray",
        "readonly",
        "return",
        "set",
        "shift",
        "shopt",
        "source",
        "suspend",
        "test",
        "times",
        "trap",
        "true",
        "type",
        "typeset",
        "ulimit",
        "umask",
        "unalias",
        "unset",
        "wait",
        "if",
        "then",
        "else",
        "elif",
        "fi",
        "case",
        "esac",
        "for",
        "select",
        "while",
        "until",
        "do",
        "done",
        "in",
        "function",
        "time",
        "coproc",
        "{",
        "}",
        "!",
        "[[",
        "]]",
    ]
)
_READONLY = frozenset(["BASHOPTS", "BASH_VERSINFO", "EUID", "PPID", "SHELLOPTS", "UID"])
_OWN = re.compile(
    r"BASH.*|COMP_.*|DIRSTACK|EPOCH.*|FUNCNAME|GROUPS|HISTCMD|IFS|LINENO|OPT.*|PIPESTATUS"
    r"|POSIXLY_CORRECT|RANDOM|SECONDS|SRANDOM|_"
)


class Unsure(ValueError):
    """It is not certain what bash does from this line on."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(why)
        self.line = line
        self.why = why


class _Word:
    """One word: its text after quote removal; None for what an expansion makes unknown."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self.known = True
        self.quoted_at: int | None = None

    @property
    def text(self) -> str:
        if len(self._parts) > 1:  # of a value of megabytes there may be as many parts
            self._parts = ["".join(self._parts)]
        return self._parts[0] if self._parts else ""

    def add(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)

    def note_quote(self) -> None:
        if self.quoted_at is None:
            self.quoted_at = self._length

    def assigns(self) -> str | None:
        """The name that it assigns to, if it is an assignment."""
        found = _NAME.match(self.text)
        if found is None or self.text[found.end() : found.end() + 1] != "=":
            return None
        unquoted = self.quoted_at is None or self.quoted_at > found.end()
        return found[0] if unquoted else None


def read(data: bytes) -> dict[str, str | None]:
    """The variables that are set at the end; None for a value that depends on others.

    Raises:
        Unsure: it cannot be told.
    """
    if b"\0" in data:
        raise Unsure(data.count(b"\n", 0, data.index(b"\0")) + 1, "a NUL")
    return _Script(data.decode("latin-1")).run()


class _Script:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._values: dict[str, str | None] = {}

    def run(self) -> dict[str, str | None]:
        while self._at < len(self._text):
            start = self._at
            words = self._command()
            if words:
                self._execute(words, start)
        return self._values

    def _unsure(self, why: str, at: int | None = None) -> Unsure:
        return Unsure(self._text.count("\n", 0, self._at if at is None else at) + 1, why)

    def _command(self) -> list[_Word]:
        """The words up to the end of a line or a semicolon, which is taken."""
        words: list[_Word] = []
        while self._at < len(self._text):
            mark = self._text[self._at]
            if mark in " \t":
                self._at += 1
            elif self._text.startswith("\\\n", self._at):
                self._at += 2
            elif mark == "#":
                end = self._text.find("\n", self._at)
                self._at = len(self._text) if end < 0 else end
            elif mark == "\n":
                self._at += 1
                break
            elif mark == ";":
                if not words:
                    raise self._unsure("a semicolon without a command")
                self._at += 1
                break
            else:
                words.append(self._word())
        return words

    def _word(self) -> _Word:
        word = _Word()
        while self._at < len(self._text):
            mark = self._text[self._at]
            if mark in " \t\n;":
                break
            if mark in _STOPS:
                raise self._unsure(f"an unquoted {mark}")
            if mark == "'":
                self._single(word)
            elif mark == '"':
                self._double(word)
            elif mark == "\\":
                self._escape(word)
            elif mark == "$":
                self._dollar(word, quoted=False)
            else:
                # a tilde is the home folder at the start of a value, and after a colon in it
                word.known = word.known and mark != "~"
                self._run(word, _UNQUOTED_RUN)
        return word

    def _run(self, word: _Word, run: re.Pattern[str]) -> None:
        """Take at least one character, and those after it that mean nothing."""
        found = run.match(self._text, self._at + 1)
        end = self._at + 1 if found is None else found.end()
        word.add(self._text[self._at : end])
        self._at = end

    def _single(self, word: _Word) -> None:
        word.note_quote()
        end = self._text.find("'", self._at + 1)
        if end < 0:
            raise self._unsure("a quote that is not closed")
        word.add(self._text[self._at + 1 : end])
        self._at = end + 1

    def _double(self, word: _Word) -> None:
        word.note_quote()
        start, self._at = self._at, self._at + 1
        while self._at < len(self._text):
            mark = self._text[self._at]
            following = self._text[self._at + 1 : self._at + 2]
            if mark == '"':
                self._at += 1
                return
            if mark == "`":
                raise self._unsure("a command substitution")
            if mark == "$":
                self._dollar(word, quoted=True)
                continue
            if mark == "\\" and following in _ESCAPED_IN_DOUBLE and following:
                word.add(following.replace("\n", ""))
                self._at += 2
                continue
            self._run(word, _DOUBLE_QUOTED_RUN)
        raise self._unsure("a quote that is not closed", start)

    def _escape(self, word: _Word) -> None:
        word.note_quote()
        following = self._text[self._at + 1 : self._at + 2]
        word.add(following.replace("\n", "") if following else "\\")
        self._at += 2

    def _dollar(self, word: _Word, *, quoted: bool) -> None:
        following = self._text[self._at + 1 : self._at + 2]
        if following in {"(", "["} or (following in {"'", '"'} and following and not quoted):
            raise self._unsure(f"a ${following}")
        found = _EXPANDS.match(self._text, self._at + 1)
        if found is None:
            if following == "{":
                raise self._unsure("a ${…}")
            word.add("$")
            self._at += 1
            return
        word.note_quote()
        word.known = False
        name = _NAME.match(self._text, self._at + 1)
        self._at = name.end() if name is not None else found.end()

    def _execute(self, words: list[_Word], start: int) -> None:
        assigned = 0
        while assigned < len(words) and words[assigned].assigns() is not None:
            assigned += 1
        if assigned == len(words):
            for word in words:
                self._assign(word, start)
            return
        for word in words[:assigned]:  # only for that command, but an error in any case
            self._check(str(word.assigns()), start)
        command = words[assigned]
        if command.text == "export" and command.quoted_at is None and assigned == 0:
            self._export(words[1:], start)
        elif command.text in _BUILTINS or not command.known or not _PLAIN.fullmatch(command.text):
            raise self._unsure("a command", start)
        elif re.match(rf"{_NAME.pattern}\+=", command.text):
            raise self._unsure("a += ", start)

    def _export(self, words: list[_Word], start: int) -> None:
        for word in words:
            if word.assigns() is not None:
                self._assign(word, start)
            elif not word.known or not _PLAIN.fullmatch(word.text) or word.text.startswith("-"):
                raise self._unsure("an export", start)
            elif re.match(rf"{_NAME.pattern}\+=", word.text):
                raise self._unsure("a +=", start)

    def _assign(self, word: _Word, start: int) -> None:
        name = str(word.assigns())
        self._check(name, start)
        value = word.text.partition("=")[2].encode("latin-1").decode("utf-8", errors="replace")
        self._values[name] = value if word.known and not _OWN.fullmatch(name) else None

    def _check(self, name: str, start: int) -> None:
        if name in _READONLY:
            raise self._unsure(f"{name}, which is read-only", start)
