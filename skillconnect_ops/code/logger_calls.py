"""Calls of `console` in a JavaScript text, rewritten into calls of the project's logger.

What is not plain is left alone, with the reason: a person decides there. A call gives nothing back
afterwards either: where its value may be used, `void` stands before it.
"""

from collections.abc import Callable, Sequence

from ast_grep_py import SgNode
from msgspec import Struct

from skillconnect_ops.code.console import COMPUTED, Use, console
from skillconnect_ops.code.javascript_modules import Modules
from skillconnect_ops.code.logger_arguments import Style, given_to_logger
from skillconnect_ops.code.logger_import import Habits, Home, Way, habits_of, way_to
from skillconnect_ops.code.logger_message import NotSimple
from skillconnect_ops.code.logger_model import Edit, Left, Logger, Rewritten
from skillconnect_ops.code.scopes import Declaration, Scopes
from skillconnect_ops.code.syntax import FUNCTIONS, climbed, is_field

LEVELS = {
    "log": "info",
    "info": "info",
    "warn": "warn",
    "error": "error",
    **dict.fromkeys(("debug", "trace"), "debug"),
}
"""The level of a logger for each method of `console` that has one."""
_HEEDLESS = frozenset(
    {
        *("listen", "on", "once", "addListener", "prependListener", "forEach", "setTimeout"),
        *("setInterval", "setImmediate", "nextTick", "queueMicrotask", "addEventListener"),
        *("finally", "schedule", "subscribe"),
    }
)
"""Functions that make nothing of what a callback gives back."""
_SENDS = frozenset(
    {
        *("evaluate", "evaluateHandle", "evaluateOnNewDocument", "evaluateAll", "$eval", "$$eval"),
        *("addInitScript", "waitForFunction", "executeScript", "executeAsyncScript"),
    }
)
"""Methods of programs that drive a browser, which take a function by its text."""
_FLOWS = frozenset({"&&", "||", "??"})


class Task(Struct, frozen=True, kw_only=True):
    """What is the same for all files of a project."""

    logger: Logger
    modules: Modules
    request_id: bool = False
    """Whether `requestId: req.id` is added where `req` is in scope."""


def rewritten(
    path: str,
    text: str,
    language: str,
    task: Task,
    *,
    es_package: bool,
    wanted: Callable[[Use], bool],
) -> Rewritten:
    """What a text becomes.

    Args:
        path: relative to the project's root.
        text: the source, without a byte order mark.
        language: its grammar, one of `syntax.LANGUAGES`.
        task: the logger, and what else holds for the project.
        es_package: whether its package says `"type": "module"`.
        wanted: whether a use is to be rewritten at all.
    """
    found = console(text, language)
    uses = [use for use in found.uses if wanted(use)]
    if found.fault is not None:
        reason = f"line {found.fault} does not fit the grammar"
        return Rewritten(text=text, left=(Left(path=path, line=None, reason=reason),))
    scopes = Scopes(found.root)
    calls = _calls(found.root)
    writer = _Writer(
        Home(
            path=path,
            text=text,
            root=found.root,
            scopes=scopes,
            habits=habits_of(found.root, text),
            typed_module=es_package,
        ),
        task,
    )
    plain: list[tuple[Use, SgNode]] = []
    for use in uses:
        call = calls.get((use.line - 1, use.column - 1, use.level))
        why = _why_not(use, call)
        if why is not None or call is None:
            writer.leave(use, why or "it is no plain call")
        else:
            plain.append((use, call))
    if plain:
        writer.write(plain)
    return _checked(text, language, writer, path=path, before=len(found.uses))


def _checked(text: str, language: str, writer: "_Writer", *, path: str, before: int) -> Rewritten:
    """The result, if it holds what it should: it parses, and these calls alone are gone."""
    edits = writer.edits()
    result = applied(text, edits)
    again = console(result, language) if edits else None
    if again is not None and (again.fault is not None or len(again.uses) != before - writer.calls):
        reason = "what it would become does not parse as it should"
        return Rewritten(text=text, left=(Left(path=path, line=None, reason=reason),))
    return Rewritten(text=result, edits=edits, calls=writer.calls, left=tuple(writer.left))


def applied(text: str, edits: Sequence[Edit]) -> str:
    """The text after edits, none of which overlaps another."""
    parts, at = [], 0
    for edit in edits:
        parts += [text[at : edit.start], edit.text]
        at = edit.end
    return "".join([*parts, text[at:]])


def _calls(root: SgNode) -> dict[tuple[int, int, str], SgNode]:
    """The calls of methods by a plain name, by place and method."""
    found = {}
    for call in root.find_all(kind="call_expression"):
        function = call.field("function")
        if function is not None and function.kind() == "member_expression":
            name = function.field("property")
            if name is not None:
                start = function.range().start
                found[start.line, start.column, name.text()] = call
    return found


def _why_not(use: Use, call: SgNode | None) -> str | None:  # noqa: PLR0911 - one a reason
    """Why a use is left alone before its arguments are looked at."""
    if not use.call:
        return "it is handed on, not called"
    if use.bound_at is not None:
        return f"it is called by the name of line {use.bound_at}"
    if use.level == COMPUTED:
        return "which method it calls is decided at run time"
    if use.level not in LEVELS:
        return f"a logger has no {use.level}"
    if call is None:
        return "its method is not called by a plain name"
    _, parent = climbed(call)
    if parent is not None and parent.kind() in {"member_expression", "subscript_expression"}:
        return "something is taken of what it gives back"
    if _runs_elsewhere(call):
        return "it runs where the text of its function is sent to, and no logger is there"
    return None


def _runs_elsewhere(call: SgNode) -> bool:
    """Whether a function around it is sent as a text: to a page that is driven, or by itself."""
    for function in call.ancestors():
        if function.kind() not in FUNCTIONS:
            continue
        _, above = climbed(function)
        if above is None:
            continue
        if above.kind() == "member_expression":
            name = above.field("property")
            if name is not None and name.text() == "toString":
                return True
        taker = above.parent() if above.kind() == "arguments" else None
        callee = taker.field("function") if taker is not None else None
        name = callee.field("property") if callee is not None else None
        if name is not None and name.text() in _SENDS:
            return True
    return False


class _Writer:
    """Rewrites the calls of one file."""

    def __init__(self, home: Home, task: Task) -> None:
        self._home = home
        self._task = task
        self._done: list[Edit] = []
        self._import: Edit | None = None
        self.left: list[Left] = []
        self.calls = 0

    def leave(self, use: Use, reason: str) -> None:
        """Say why one stays."""
        self.left.append(Left(path=self._home.path, line=use.line, reason=reason))

    def write(self, plain: Sequence[tuple[Use, SgNode]]) -> None:
        """Rewrite those that can be; inner calls come before those that hold them."""
        try:
            way = way_to(
                self._task.logger, self._home, self._task.modules, [call for _, call in plain]
            )
        except NotSimple as error:
            self.left.append(Left(path=self._home.path, line=None, reason=str(error)))
            return
        for use, call in sorted(plain, key=lambda one: _length(one[1])):
            try:
                self._take(call, self._written(use, call, way))
            except NotSimple as error:
                self.leave(use, str(error))
        if self.calls:
            self._import = way.edit
        self.left.sort(key=lambda one: one.line or 0)

    def edits(self) -> tuple[Edit, ...]:
        """All of them, in order; the import among them."""
        return tuple(
            sorted(
                [*self._done, *([self._import] if self._import is not None else [])],
                key=lambda edit: (edit.start, edit.end),
            )
        )

    def _written(self, use: Use, call: SgNode, way: Way) -> str:
        home = self._home
        if way.declared is not None and home.scopes.meaning(way.name, call) != way.declared:
            raise NotSimple(f"{way.name} means something else there")
        if way.declared is not None and _is_too_early(call, way.declared):
            raise NotSimple("the logger is required below it")
        style = Style(
            order=self._task.logger.order,
            quote=home.habits.quote,
            request_id=self._task.request_id and _has_request(call, home.scopes),
        )
        given = given_to_logger(call, home.scopes, style, self._text)
        value = "void " if self._task.logger.returns_itself and not _is_dropped(call) else ""
        head = f"{value}{way.name}.{LEVELS[use.level]}("
        levels = self._task.logger.levels
        if levels is not None and LEVELS[use.level] not in levels:
            raise NotSimple(f"the logger has levels of its own, and no {LEVELS[use.level]}")
        start = call.range().start
        line = home.text[start.index - start.column :]
        indent = line[: len(line) - len(line.lstrip(" \t"))]
        habits = home.habits
        arguments = given.text(indent=indent, step=habits.step, before=start.column + len(head))
        return f"{head}{_with_ends(arguments, home.text, habits)})"

    def _take(self, call: SgNode, text: str) -> None:
        span = call.range()
        start, end = span.start.index, span.end.index
        self._done = [one for one in self._done if not (start <= one.start and one.end <= end)]
        self._done.append(Edit(start=start, end=end, text=text))
        self.calls += 1

    def _text(self, node: SgNode) -> str:
        """The text of a node, with the calls in it that were rewritten."""
        span = node.range()
        start, end = span.start.index, span.end.index
        inner = sorted(
            (one for one in self._done if start <= one.start and one.end <= end),
            key=lambda one: one.start,
        )
        moved = [Edit(start=o.start - start, end=o.end - start, text=o.text) for o in inner]
        return applied(self._home.text[start:end], moved)


def _with_ends(text: str, whole: str, habits: Habits) -> str:
    """The lines that we broke ourselves, ended as the file's are."""
    if habits.line_end == "\n" or "\r\n" not in whole:
        return text
    return text.replace("\r\n", "\n").replace("\n", "\r\n")


def _length(node: SgNode) -> int:
    span = node.range()
    return span.end.index - span.start.index


def _is_too_early(call: SgNode, declared: Declaration) -> bool:
    """Whether a call runs before the logger that is required further down has its value."""
    if (
        "import" in declared.home.kind()
        or call.range().start.index > declared.node.range().start.index
    ):
        return False
    return not any(above.kind() in FUNCTIONS for above in call.ancestors())


def _has_request(call: SgNode, scopes: Scopes) -> bool:
    """Whether `req` is a parameter of a function around it, and still means that."""
    found = scopes.meaning("req", call)
    if found is None or found.node.parent() != found.home:
        return False  # not declared, or a part of something that is taken apart
    home = found.home
    if home.kind() in {"required_parameter", "optional_parameter", "formal_parameters"}:
        return True
    return home.kind() == "arrow_function"


def _is_dropped(call: SgNode) -> bool:  # noqa: PLR0911 - one a kind
    """Whether nobody can tell what a call gives back."""
    node, parent = climbed(call)
    while parent is not None:
        match parent.kind():
            case "expression_statement":
                return True
            case "unary_expression":
                return parent.text().startswith("void")
            case "await_expression" | "sequence_expression":
                pass
            case "binary_expression":
                sign = parent.field("operator")
                if sign is None or sign.text() not in _FLOWS or not is_field(parent, "right", node):
                    return False
            case "ternary_expression":
                if is_field(parent, "condition", node):
                    return False
            case "arrow_function" if is_field(parent, "body", node):
                return _is_heedless(parent)
            case _:
                return False
        node, parent = climbed(parent)
    return False


def _is_heedless(function: SgNode) -> bool:
    """Whether what a callback gives back goes nowhere."""
    _, given = climbed(function)
    call = given.parent() if given is not None and given.kind() == "arguments" else None
    callee = call.field("function") if call is not None else None
    if call is None or callee is None:
        return False
    name = (callee.field("property") or callee).text()
    if name in _HEEDLESS:
        return True
    return name in {"then", "catch"} and _is_dropped(_end_of_chain(call))


def _end_of_chain(call: SgNode) -> SgNode:
    """The last call of a chain of promises, as long as the value reaches no function in it."""
    while True:
        member = call.parent()
        above = member.parent() if member is not None else None
        if member is None or above is None or member.kind() != "member_expression":
            return call
        name = member.field("property")
        if name is None or above.kind() != "call_expression":
            return call
        if name.text() not in {"catch", "finally"} and not _takes_nothing(above, name.text()):
            return call
        call = above


def _takes_nothing(call: SgNode, name: str) -> bool:
    """Whether it is `.then(() => …)`, whose callback does not see the value."""
    given = call.field("arguments")
    first = next(iter(given.named_children()), None) if given is not None else None
    if name != "then" or first is None or first.kind() not in FUNCTIONS:
        return False
    parameters = first.field("parameters")
    return parameters is not None and not parameters.named_children()
