"""The JavaScript and TypeScript files of a project as modules: what one imports of another."""

import posixpath
import re
from collections.abc import Callable, Iterator, Sequence

from ast_grep_py import SgNode

from skillconnect_ops.code.scopes import Scopes
from skillconnect_ops.code.syntax import LANGUAGES, arguments, key, parsed, string, unwrapped

_SUFFIXES = (".js", ".ts", ".mjs", ".cjs", ".mts", ".cts", ".jsx", ".tsx")
_WRITTEN_AS = {".js": (".ts", ".tsx"), ".mjs": (".mts",), ".cjs": (".cts",), ".jsx": (".tsx",)}
"""What a TypeScript file may be, whose import names the file that it is compiled to."""
_NAMED = ("class_declaration", "abstract_class_declaration", "enum_declaration")
_IMPORTS = re.compile(r"""(?:from|require\(|import\(|import)\s*['"]([^'"\n]+)['"]""")
_ALIASES = ("@/", "~/", "#/")


class Module:
    """One file, parsed."""

    def __init__(self, path: str, text: str, language: str) -> None:
        """Parse a text.

        Args:
            path: relative to the project's root.
            text: the source.
            language: its grammar, one of `syntax.LANGUAGES`.
        """
        self.path = path
        self.text = text
        self.root, self.fault = parsed(text, language)
        """The tree, and the first line that does not fit the grammar."""
        self.scopes = Scopes(self.root)
        self._named: dict[str, SgNode] | None = None
        self._given: dict[str, list[tuple[SgNode, SgNode]]] | None = None
        self._touched: dict[str, list[SgNode]] | None = None
        self._exports: dict[str, SgNode] = {}
        self._is_read = False
        self._whole: SgNode | None = None
        self._again: list[tuple[str, str | None, str | None]] = []

    def named(self, name: str) -> SgNode | None:
        """The class or enum of that name, which scopes do not hold as TypeScript names them."""
        if self._named is None:
            self._named = {}
            for kind in _NAMED:
                try:
                    found = self.root.find_all(kind=kind)
                except RuntimeError:  # a kind that the grammar of JavaScript does not have
                    continue
                for node in found:
                    own = node.field("name")
                    if own is not None:
                        self._named.setdefault(own.text(), node)
        return self._named.get(name)

    def assigned(self, name: str) -> list[tuple[SgNode, SgNode]]:
        """Where a variable of that name is given a value anew: the variable, the value."""
        if self._given is None:
            self._given = {}
            for node in self.root.find_all(kind="assignment_expression"):
                left, right = node.field("left"), node.field("right")
                if left is not None and right is not None and left.kind() == "identifier":
                    self._given.setdefault(left.text(), []).append((left, right))
        return self._given.get(name, [])

    def changed(self, name: str) -> list[SgNode]:
        """Where something within an object or list of that name is set, added or taken away."""
        if self._touched is None:
            self._touched = {}
            for root in _roots_of_changes(self.root):
                self._touched.setdefault(root.text(), []).append(root)
        return self._touched.get(name, [])

    @property
    def whole(self) -> SgNode | None:
        """What `module.exports = …` or `export = …` gives."""
        self._read_exports()
        return self._whole

    @property
    def exports(self) -> dict[str, SgNode]:
        """What is exported by name; `default` among them."""
        self._read_exports()
        return self._exports

    @property
    def again(self) -> list[tuple[str, str | None, str | None]]:
        """What is handed on of others: its source, its name there, its name here; None of all."""
        self._read_exports()
        return self._again

    def _read_exports(self) -> None:
        if self._is_read or "export" not in self.text:
            return
        self._is_read = True
        for statement in self.root.find_all(kind="export_statement"):
            self._exported(statement)
        for assigned in self.root.find_all(kind="assignment_expression", regex="exports"):
            self._assigned(assigned)

    def _exported(self, statement: SgNode) -> None:
        exports = self.exports
        source = string(statement.field("source"))
        value, declared = statement.field("value"), statement.field("declaration")
        text = statement.text()
        if value is not None:
            exports["default"] = value
        elif declared is not None:
            for name, node in _declared(declared):
                exports[name] = node
            if " default " in text.partition("{")[0] or text.startswith("export default"):
                exports["default"] = declared
        elif text.startswith("export ="):
            self._whole = next(iter(statement.named_children()), None)
        else:
            self._handed_on(statement, source)

    def _handed_on(self, statement: SgNode, source: str | None) -> None:
        """`export {a as b} from "./x"`, `export * from "./x"`."""
        clause = statement.find(kind="export_clause")
        if clause is None:
            namespace = statement.find(kind="namespace_export")
            if source is not None and namespace is None:
                self._again.append((source, None, None))
            return
        for each in clause.named_children():
            name = each.field("name")
            if each.kind() != "export_specifier" or name is None:
                continue
            alias = each.field("alias") or name
            if source is None:
                self.exports[alias.text()] = name
            else:
                self._again.append((source, name.text(), alias.text()))

    def _assigned(self, assigned: SgNode) -> None:
        """`module.exports = …`, `exports.x = …`."""
        left, right = assigned.field("left"), assigned.field("right")
        if left is None or right is None:
            return
        while right.kind() == "assignment_expression":  # `module.exports = exports = …`
            right = right.field("right") or right
        name = left.text()
        if name == "module.exports":
            self._whole = right
        elif left.kind() == "member_expression":
            holder, field = left.field("object"), key(left.field("property"))
            if holder is not None and holder.text() in {"exports", "module.exports"} and field:
                self.exports[field] = right


_ADD_TO_LISTS = frozenset({"push", "pop", "shift", "unshift", "splice", "fill", "reverse", "sort"})
_ADD_TO_OBJECTS = frozenset({"Object.assign", "Object.defineProperty", "Object.defineProperties"})


def _roots_of_changes(root: SgNode) -> Iterator[SgNode]:
    """The names at the head of `a.b.c = …`, `delete a.b`, `a.b++`, `a.push(…)`."""
    for kind, field in (
        ("assignment_expression", "left"),
        ("augmented_assignment_expression", "left"),
        ("update_expression", "argument"),
        ("unary_expression", "argument"),
    ):
        for node in root.find_all(kind=kind):
            told = node.field(field)
            if kind == "unary_expression" and not node.text().startswith("delete"):
                continue
            if told is not None and told.kind() != "identifier":
                yield from _head(told)
    for call in root.find_all(kind="call_expression"):
        function, given = call.field("function"), arguments(call)
        if function is None or function.kind() != "member_expression":
            continue
        holder, method = function.field("object"), function.field("property")
        if function.text() in _ADD_TO_OBJECTS and given:
            yield from _head(given[0])
        elif holder is not None and method is not None and method.text() in _ADD_TO_LISTS:
            yield from _head(holder)


def _head(node: SgNode) -> Iterator[SgNode]:
    while node.kind() in {"member_expression", "subscript_expression", "non_null_expression"}:
        inner = node.field("object") or next(iter(node.named_children()), None)
        if inner is None:
            return
        node = inner
    if node.kind() == "identifier":
        yield node


def _declared(declared: SgNode) -> Iterator[tuple[str, SgNode]]:
    """The names that an exported declaration gives, each with what it is."""
    if declared.kind() in {"lexical_declaration", "variable_declaration"}:
        for each in declared.named_children():
            name = each.field("name")
            if each.kind() == "variable_declarator" and name is not None:
                for node in [name, *name.find_all(kind="shorthand_property_identifier_pattern")]:
                    if node.kind() != "object_pattern":
                        yield node.text(), node
    else:
        name = declared.field("name")
        if name is not None:
            yield name.text(), declared


class Modules:
    """The files of a project, each parsed when it is first asked for."""

    def __init__(
        self,
        files: Sequence[str],
        read: Callable[[str], str | None],
        *,
        trees: dict[str, Module] | None = None,
    ) -> None:
        """Know the files.

        Args:
            files: relative paths.
            read: the text of one, or None of what is no source that a person wrote.
            trees: those that others have parsed, by path; what is parsed here is added.
        """
        self._files = frozenset(path for path in files if _suffix(path) in LANGUAGES)
        self._read = read
        self._trees = {} if trees is None else trees
        self._parsed: dict[str, Module | None] = {}
        self._texts: dict[str, str] = {}
        self._imports: dict[str, list[str]] | None = None
        self._found: dict[tuple[str, str], str | None] = {}

    def module(self, path: str) -> Module | None:
        """One of them; None where it cannot be read."""
        if path not in self._parsed:
            text = self._texts[path] if path in self._texts else self._read(path)
            self._texts[path] = text or ""
            self._parsed[path] = None if text is None else self._tree(path, text)
        return self._parsed[path]

    def _tree(self, path: str, text: str) -> Module:
        if path not in self._trees:
            self._trees[path] = Module(path, text, LANGUAGES[_suffix(path)])
        return self._trees[path]

    def text(self, path: str) -> str:
        """The text of one; empty where it cannot be read. A look at it is cheaper than a tree."""
        if path not in self._texts:
            self._texts[path] = self._read(path) or ""
        return self._texts[path]

    def parsed(self, path: str) -> Module | None:
        """One that was asked for before; None of any other."""
        return self._parsed.get(path)

    def importing(self, path: str, word: str) -> Iterator[Module]:
        """The files that may import a word of a file."""
        for other in self._importers().get(_stem(path), ()):
            if word in self._texts[other]:
                module = self.module(other)
                if module is not None:
                    yield module

    def _importers(self) -> dict[str, list[str]]:
        """The files that import something, by the last name of what they import."""
        if self._imports is None:
            self._imports = {}
            for path in sorted(self._files):
                sources = _IMPORTS.findall(self.text(path))
                for stem in {_stem(source) for source in sources if "/" in source}:
                    self._imports.setdefault(stem, []).append(path)
        return self._imports

    def found(self, source: str, *, beside: str) -> str | None:
        """The file that an import names; None of a package's.

        Args:
            source: as it stands in the import.
            beside: the file that imports it.
        """
        folder = posixpath.dirname(beside)
        if (source, folder) not in self._found:
            self._found[source, folder] = self._looked_up(source, folder)
        return self._found[source, folder]

    def _looked_up(self, source: str, folder: str) -> str | None:
        if source.startswith("."):
            return self._file(posixpath.normpath(posixpath.join(folder, source)))
        alias = next((mark for mark in _ALIASES if source.startswith(mark)), None)
        rest = source.removeprefix(alias) if alias else source
        if alias is None and "/" not in source:
            return None  # a package; a folder of ours is named with what is in it
        # an alias stands for a folder above, most often `src`: only a file that is there is meant
        while True:
            for inner in ("src", "", "app"):
                file = self._file(posixpath.normpath(posixpath.join(folder, inner, rest)))
                if file is not None:
                    return file
            if not folder:
                return None
            folder = posixpath.dirname(folder)

    def _file(self, path: str) -> str | None:
        stem, dot, suffix = path.rpartition(".")
        written = _WRITTEN_AS.get(dot + suffix, ())
        tried = (
            path,
            *(stem + each for each in written),
            *(path + each for each in _SUFFIXES),
            *(posixpath.join(path, f"index{each}") for each in _SUFFIXES),
        )
        return next((each for each in tried if each in self._files), None)


def _stem(path: str) -> str:
    """What a file is called in an import: `index` goes by its folder."""
    name = posixpath.basename(path).partition(".")[0]
    return posixpath.basename(posixpath.dirname(path)) if name == "index" else name


def source_of(node: SgNode) -> str | None:
    """What an import statement that a node stands in imports from."""
    for above in (node, *node.ancestors()):
        if above.kind() in {"import_statement", "import_require_clause"}:
            found = string(above.field("source"))
            if found is None:  # `import x = require("y")`
                found = string(above.find(kind="string"))
            return found
    return None


def required(call: SgNode) -> str | None:
    """What `require("x")` or `import("x")` names; None of another call."""
    function, given = call.field("function"), call.field("arguments")
    if function is None or given is None or function.text() not in {"require", "import"}:
        return None
    words = given.named_children()
    return string(unwrapped(words[0])) if words else None


def _suffix(path: str) -> str:
    dot = path.rfind(".")
    return path[dot:] if dot > path.rfind("/") + 1 else ""
