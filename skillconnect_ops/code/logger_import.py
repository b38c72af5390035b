"""How a file imports the logger: by which name, in which words, and where that stands."""

import posixpath
import re
from collections.abc import Iterator, Sequence

from ast_grep_py import Rule, SgNode
from msgspec import Struct

from skillconnect_ops.code.javascript_modules import Modules, required
from skillconnect_ops.code.logger_message import NotSimple
from skillconnect_ops.code.logger_model import Edit, Logger
from skillconnect_ops.code.scopes import NAMES, Declaration, Scopes
from skillconnect_ops.code.syntax import key, string

_NAMES = ("logger", "appLogger", "rootLogger", "log")
_SUFFIX = re.compile(r"\.[cm]?[jt]sx?$")
_DECLARATIONS = frozenset({"lexical_declaration", "variable_declaration"})
_HEAD = re.compile(
    r"licen[cs]e|copyright|@file|@preserve|eslint|@ts-|@flow|prettier|jshint|istanbul|^/\*!|@format",
    re.IGNORECASE,
)
_BLANK = re.compile(r"[ \t]*\r?\n[ \t]*(\r?\n|$)|[ \t\r\n]*\Z")
_GUARD = re.compile(r"\s*\n\s*;\Z")
_COMPILED = {".ts": ".js", ".tsx": ".js", ".mts": ".mjs", ".cts": ".cjs"}


class Habits(Struct, frozen=True, kw_only=True):
    """How a file is written."""

    quote: str
    semicolons: bool
    line_end: str
    step: str
    """One level of indentation."""


class Home(Struct, frozen=True, kw_only=True):
    """The file that needs the logger."""

    path: str
    text: str
    root: SgNode
    scopes: Scopes
    habits: Habits
    typed_module: bool
    """Whether the nearest package.json says `"type": "module"`."""


class Way(Struct, frozen=True):
    """How a file gets at the logger."""

    name: str
    declared: Declaration | None = None
    """The import that is there; None: the edit brings one."""
    edit: Edit | None = None


def habits_of(root: SgNode, text: str) -> Habits:
    """Quotes, semicolons, line ends and indentation, by what most of the file does."""
    strings = [node.text()[0] for node in root.find_all(kind="string")]
    ends = [
        _GUARD.search(node.text()) is None and node.text().endswith(";")
        for kind in ("expression_statement", *_DECLARATIONS, "import_statement")
        for node in root.find_all(kind=kind)
    ]
    indents = re.findall(r"^([ \t]+)\S", text, re.MULTILINE)
    step = "\t" if any(one[0] == "\t" for one in indents[:20]) else ""
    widths = [len(one) for one in indents if " " in one and len(one) > 1]
    return Habits(
        quote='"' if strings.count('"') > strings.count("'") else "'",
        semicolons=ends.count(True) >= ends.count(False),
        line_end="\r\n" if text.count("\r\n") * 2 > text.count("\n") else "\n",
        step=step or " " * min([one for one in widths if one in {2, 4, 8}] or [2]),
    )


def is_es_module(home: Home) -> bool:
    """Whether a file imports, or requires: by what it does, else by its name and its package."""
    if home.path.endswith((".mjs", ".mts")):
        return True
    if home.path.endswith((".cjs", ".cts")):
        return False
    for kind in ("import_statement", "export_statement"):
        if home.root.find(kind=kind) is not None:
            return True
    if next(_requires(home.root), None) is not None or re.search(
        r"\bmodule\.exports\b|^exports\.", home.text, re.MULTILINE
    ):
        return False
    return home.typed_module or home.path.endswith((".ts", ".tsx"))


def way_to(logger: Logger, home: Home, modules: Modules, calls: Sequence[SgNode]) -> Way:
    """The name that the logger has, or gets, in a file.

    Args:
        logger: which.
        home: the file.
        modules: resolves what it imports.
        calls: those that need it.

    Raises:
        NotSimple: it cannot be had there.
    """
    there = _existing(logger, home, modules)
    if there is not None:
        return there
    es_module = is_es_module(home)
    if not es_module and logger.es_module and not _is_compiled(home):
        raise NotSimple("it is CommonJS, and the logger is an ES module, which it cannot require")
    name = next((each for each in _NAMES if not _is_known(each, home)), None)
    if name is None:
        raise NotSimple("the names that the logger could have here all mean something else")
    source = _source(logger, home, es_module=es_module)
    if es_module and _is_compiled(home) and not logger.es_module and logger.exported is None:
        return Way(name, edit=_of_whole(name, source, home, calls))
    statement = _statement(logger, name, source, home.habits, es_module=es_module)
    return Way(name, edit=_placed(statement, home, calls, es_module=es_module))


def _is_compiled(home: Home) -> bool:
    return home.path.endswith((".ts", ".tsx"))


def _existing(logger: Logger, home: Home, modules: Modules) -> Way | None:
    for pattern, source in _bindings(home.root):
        path = modules.found(source, beside=home.path)
        for exported, name in _names(pattern) if path is not None else ():
            if path is not None and _leads(path, exported, logger, modules):
                found = home.scopes.meaning(name.text(), name)
                if found is not None:
                    return Way(name.text(), found)
    return None


def _leads(
    path: str, exported: str | None, logger: Logger, modules: Modules, *, steps: int = 3
) -> bool:
    """Whether what a file exports is the logger, which it may only hand on."""
    if path == logger.path:
        return (exported or "default") == (logger.exported or "default")
    module = modules.module(path) if steps else None
    for source, there, here in module.again if module is not None else ():
        if here is None or here == (exported or "default"):
            inner = modules.found(source, beside=path)
            name = exported if here is None else there
            if inner is not None and _leads(inner, name, logger, modules, steps=steps - 1):
                return True
    return False


def _bindings(root: SgNode) -> Iterator[tuple[SgNode, str]]:
    """What is given a name by an import or a require at the top, and from where."""
    for statement in root.children():
        if statement.kind() == "import_statement" and not statement.text().startswith(
            "import type"
        ):
            source, clause = string(statement.field("source")), statement.find(kind="import_clause")
            if source is not None and clause is not None:
                yield clause, source
        elif statement.kind() in _DECLARATIONS:
            for each in statement.named_children():
                value, name = each.field("value"), each.field("name")
                source = required(value) if value is not None else None
                if source is not None and name is not None:
                    yield name, source
                elif value is not None and name is not None and name.kind() == "identifier":
                    yield from _member(value, name)


def _member(value: SgNode, name: SgNode) -> Iterator[tuple[SgNode, str]]:
    """`const log = require("./logger").logger`: the declarator, which says both names."""
    inner, declarator = value.field("object"), name.parent()
    if value.kind() == "member_expression" and inner is not None and declarator is not None:
        source = required(inner)
        if source is not None:
            yield declarator, source


def _names(pattern: SgNode) -> Iterator[tuple[str | None, SgNode]]:
    """Names of exports, and what they are called here; None: the default, or the whole."""
    match pattern.kind():
        case "identifier":
            yield None, pattern
        case "variable_declarator":
            value, name = pattern.field("value"), pattern.field("name")
            field = value.field("property") if value is not None else None
            if field is not None and name is not None:
                yield field.text(), name
        case "import_clause":
            for part in pattern.named_children():
                if part.kind() == "identifier":
                    yield None, part
                for each in part.find_all(kind="import_specifier"):
                    exported, alias = each.field("name"), each.field("alias")
                    if exported is not None:
                        yield exported.text(), alias or exported
        case "object_pattern":
            yield from _parts(pattern)


def _parts(pattern: SgNode) -> Iterator[tuple[str | None, SgNode]]:
    """The names in `{ logger: log, stream }`."""
    for part in pattern.named_children():
        if part.kind() == "shorthand_property_identifier_pattern":
            yield part.text(), part
        elif part.kind() == "pair_pattern":
            exported, value = key(part.field("key")), part.field("value")
            if value is not None and value.kind() == "identifier":
                yield exported, value


def _is_known(name: str, home: Home) -> bool:
    """Whether a name stands for a variable anywhere in the file."""
    wanted: list[Rule] = [
        {"kind": kind, "regex": f"^{name}$"} for kind in (*NAMES, "type_identifier")
    ]
    if home.path.endswith((".js", ".jsx", ".mjs", ".cjs")):
        wanted = wanted[:-1]
    return home.root.find(any=wanted) is not None


def _source(logger: Logger, home: Home, *, es_module: bool) -> str:
    """The logger's path from the file on, with the end of its name where that is needed."""
    folder = posixpath.dirname(home.path) or "."
    path = posixpath.relpath(logger.path, folder)
    path = path if path.startswith(".") else f"./{path}"
    stem, suffix = posixpath.splitext(path)
    shown = _COMPILED.get(suffix, suffix)
    relative = [one for one in sources(home.root) if one.startswith(".")]
    habit = [_SUFFIX.search(one) is not None for one in relative]
    typed = home.path.endswith((".ts", ".tsx", ".mts", ".cts"))
    native = es_module and (home.typed_module or home.path.endswith((".mjs", ".mts")))
    always = native and (not typed or not habit)
    if suffix in {".mjs", ".cjs", ".mts", ".cts"} or always or any(habit):
        return f"{stem}{shown}"
    if es_module and not typed and not habit:
        return f"{stem}{shown}"
    return posixpath.dirname(stem) if posixpath.basename(stem) == "index" else stem


def sources(root: SgNode) -> Iterator[str]:
    """What a file imports and requires, as it stands there."""
    for statement in root.find_all(kind="import_statement"):
        source = string(statement.field("source"))
        if source is not None:
            yield source
    for call in _requires(root):
        source = required(call)
        if source is not None:
            yield source


def _requires(root: SgNode) -> Iterator[SgNode]:
    for call in root.find_all(kind="call_expression"):
        if required(call) is not None and call.text().startswith("require"):
            yield call


def _statement(logger: Logger, name: str, source: str, habits: Habits, *, es_module: bool) -> str:
    quoted = f"{habits.quote}{source}{habits.quote}"
    end = ";" if habits.semicolons else ""
    exported = logger.exported
    if not es_module and exported is None and logger.es_module:
        exported = "default"  # as a compiler gives it to `require`
    if exported is None:
        what = name
    elif es_module:
        what = f"{{ {exported if exported == name else f'{exported} as {name}'} }}"
    else:
        what = f"{{ {exported if exported == name else f'{exported}: {name}'} }}"
    if es_module:
        return f"import {what} from {quoted}{end}"
    return f"const {what} = require({quoted}){end}"


def _of_whole(name: str, source: str, home: Home, calls: Sequence[SgNode]) -> Edit:
    """The import of a whole CommonJS module into TypeScript, as the file itself does it.

    Raises:
        NotSimple: the file does not tell whether a default import gives the whole module.
    """
    quote, end = home.habits.quote, ";" if home.habits.semicolons else ""
    if home.root.find(kind="import_require_clause") is not None:
        statement = f"import {name} = require({quote}{source}{quote}){end}"
        return _placed(statement, home, calls, es_module=True)
    if home.root.find(kind="namespace_import") is not None:
        raise NotSimple(
            "the logger is CommonJS, and whether a default import gives it is not told there"
            " (esModuleInterop)"
        )
    statement = f"import {name} from {quote}{source}{quote}{end}"
    return _placed(statement, home, calls, es_module=True)


def _placed(statement: str, home: Home, calls: Sequence[SgNode], *, es_module: bool) -> Edit:
    """After the last import or require at the top; without any, below the file's head."""
    line_end, text = home.habits.line_end, home.text
    anchor = _last_import(home.root, calls, es_module=es_module)
    if anchor is None:
        start, blank_before = _below_head(home)
        rest = text[start:]
        blank_after = "" if not rest.strip() or re.match(r"[ \t]*\r?\n", rest) else line_end
        before = line_end if blank_before else ""
        statement += _guard(statement, rest)
        return Edit(start=start, end=start, text=f"{before}{statement}{line_end}{blank_after}")
    end = anchor.range().end.index
    guard = _GUARD.search(anchor.text())  # the semicolon that guards what comes next
    end -= len(guard[0]) if guard else 0
    rest = text[end:].partition("\n")[0]
    if re.fullmatch(r"[ \t;]*(?://.*|/\*[^*]*\*/[ \t]*)?\r?", rest):
        end += len(rest.rstrip("\r"))
    statement += _guard(statement, text[end:])
    return Edit(start=end, end=end, text=f"{line_end}{statement}")


def _guard(statement: str, rest: str) -> str:
    """A semicolon in a file without, where the next line would be read on as the same one."""
    rest = re.sub(r"\A(?:\s|//[^\n]*\n|/\*.*?\*/)+", "", rest, flags=re.DOTALL)
    return ";" if not statement.endswith(";") and rest[:1] in {*"([`+-/"} else ""


def _last_import(root: SgNode, calls: Sequence[SgNode], *, es_module: bool) -> SgNode | None:
    """The statement to stand after.

    What is imported is there before anything runs; what is required, only from its line on: a
    require that comes after the first statement that may log is too late.
    """
    found = None
    statements = root.children()
    if es_module:
        return next((one for one in reversed(statements) if _imports(one)), None)
    hoisted = {
        name.text()
        for one in statements
        if one.kind() == "function_declaration" and _holds(one, calls)
        for name in [one.field("name")]
        if name is not None
    }
    for one in statements:
        if _imports(one):
            found = one
        elif one.kind() == "function_declaration":
            continue
        elif _holds(one, calls) or any(re.search(rf"\b{each}\b", one.text()) for each in hoisted):
            break
    return found


def _holds(statement: SgNode, calls: Sequence[SgNode]) -> bool:
    span = statement.range()
    return any(span.start.index <= call.range().start.index < span.end.index for call in calls)


def _imports(statement: SgNode) -> bool:
    if statement.kind() == "import_statement":
        return True
    if statement.kind() in _DECLARATIONS:
        return any(
            value is not None and _is_required(value)
            for each in statement.named_children()
            for value in [each.field("value")]
        )
    return statement.kind() == "expression_statement" and _is_required(statement.children()[0])


def _is_required(value: SgNode) -> bool:
    """`require("x")`, and what is called or taken of it at once: `require("x").config()`."""
    while True:
        if value.kind() == "call_expression" and required(value) is not None:
            return value.text().startswith("require")
        inner = value.field("function") or value.field("object")
        if inner is None or value.kind() not in {"call_expression", "member_expression"}:
            return False
        value = inner


def _below_head(home: Home) -> tuple[int, bool]:
    """Where a file begins below its `#!`, license and directives; and whether those need a gap."""
    text, at = home.text, 0
    for group in _groups(home.root.children(), text):
        node = group[0]
        if node.kind() == "comment":
            if not _is_head(group, text):
                break
        elif node.kind() != "hash_bang_line" and not _is_directive(node):
            break
        newline = text.find("\n", group[-1].range().end.index)
        at = len(text) if newline < 0 else newline + 1
    if at == 0:
        return 0, False
    gap = re.match(r"[ \t]*\r?\n", text[at:])
    return (at + gap.end(), False) if gap else (at, True)


def _groups(nodes: Sequence[SgNode], text: str) -> Iterator[list[SgNode]]:
    """Nodes one by one, but comments without a line between them together."""
    group: list[SgNode] = []
    for node in nodes:
        both = bool(group) and node.kind() == group[-1].kind() == "comment"
        if both and _BLANK.match(text[group[-1].range().end.index :]) is None:
            group.append(node)
            continue
        if group:
            yield group
        group = [node]
    if group:
        yield group


def _is_head(comments: Sequence[SgNode], text: str) -> bool:
    """Whether comments speak of the file, and not of what comes next."""
    alone = _BLANK.match(text[comments[-1].range().end.index :]) is not None
    return alone or any(_HEAD.search(one.text()) for one in comments)


def _is_directive(node: SgNode) -> bool:
    if node.kind() != "expression_statement":
        return False
    inner = node.named_children()
    return len(inner) == 1 and inner[0].kind() == "string" and node.text()[:1] in "'\""
