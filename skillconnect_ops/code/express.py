"""The routes of a project's Express apps, and what protects each; nothing runs.

Apps, routers, mounts and the order of middlewares are followed through files, functions, loops and
classes. Each middleware is told by the package that it comes from, else by what its function does;
a name alone counts for nothing. What the text does not tell is unresolved, with its place.

Express 4 and 5 are meant: what a router's `use` adds runs also for what is mounted after it below
the same path, and an `app.use` after a route does not cover it.
"""

import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from skillconnect_ops.code.discovery import LARGEST_BYTES, Skipped
from skillconnect_ops.code.express_args import Arguments
from skillconnect_ops.code.express_calls import Calls
from skillconnect_ops.code.express_middleware import Judge
from skillconnect_ops.code.express_model import App, Application, Route, Setting, Use, Via
from skillconnect_ops.code.express_packages import DECORATING
from skillconnect_ops.code.express_routes import Table
from skillconnect_ops.code.express_stack import Stack
from skillconnect_ops.code.express_walk import Walk
from skillconnect_ops.code.javascript_modules import Module, Modules
from skillconnect_ops.code.javascript_objects import Objects
from skillconnect_ops.code.looked import Read, Texts, on_disk
from skillconnect_ops.code.model import Unparsed, Unresolved
from skillconnect_ops.code.syntax import LANGUAGES, line_of
from skillconnect_ops.code.testing import is_test

_WORDS = (
    *(b"express", b"router", b"Router", b"ExtractJwt", b".listen(", b"'@nestjs", b'"@nestjs'),
    *(b"tsoa", b"routing-controllers"),
)
_CALLS = re.compile(
    rb"""\.(?:use|route|get|post|put|patch|delete|all)\(\s*['"`/\[]|\b(?:app|server)\.use\("""
)
_FIRST = re.compile(r"(?:^|/)(?:server|index|main|app|www|bin/[\w-]+)\.[cm]?[jt]sx?$")
_BEARER = re.compile(r"ExtractJwt\.fromAuthHeader|passport-http-bearer|fromHeader\(")
_COOKIE = re.compile(r"req(?:uest)?\??\.(?:cookies|signedCookies)")
_DECORATED = re.compile(r"@(?:\w*Controller|Route|Resource|controller|JsonController)\(")


def routes(
    root: Path,
    files: Sequence[str],
    *,
    read: Read | None = None,
    trees: dict[str, Module] | None = None,
) -> Application:
    """The route table of a project; code of tests is left out.

    Args:
        root: the project's folder.
        files: relative paths, as `discovery.discover` lists them.
        read: the bytes of one, where those on disk are not meant.
        trees: what was parsed of these bytes, by path; what is parsed here is added.
    """
    bytes_of = read or partial(on_disk, root)
    text = Texts(bytes_of)
    unparsed = text.unread
    sources = [path for path in files if _is_source(path)]
    own = (path for path in sources if not is_test(path))
    worth = [path for path in own if _is_worth(root, path, bytes_of(path))]
    modules = Modules(sources, text, trees=trees)
    found = _Search(modules, worth).found()
    for path in worth:
        module = modules.module(path)
        if module is not None and module.fault is not None:
            why = f"line {module.fault} does not fit the grammar; the rest was read"
            unparsed[path] = Unparsed(path=path, reason=why)
    told = tuple(unparsed[path] for path in sorted(unparsed) if path in worth)
    return Application(
        apps=found.apps,
        routes=found.routes,
        uses=found.uses,
        settings=found.settings,
        unresolved=found.unresolved,
        unparsed=told,
        files=len(worth),
    )


def _is_source(path: str) -> bool:
    dot = path.rfind(".")
    return path[dot:] in LANGUAGES and not path.endswith((".d.ts", ".d.mts", ".d.cts"))


def _is_worth(root: Path, path: str, data: bytes | Skipped) -> bool:
    if isinstance(data, Skipped):
        return _mentions(root / path)  # then it is told that it was not read
    return speaks_of_express(path, data)


def speaks_of_express(path: str, data: bytes) -> bool:
    """Whether a source may have to do with an app, a router or a route."""
    if path.endswith("x"):  # what draws pages has routers of its own
        return b"express" in data
    return any(word in data for word in _WORDS) or _CALLS.search(data) is not None


def _mentions(file: Path) -> bool:
    """Whether a file that is not read, such as a bundle, speaks of Express."""
    try:
        if file.is_symlink() or not file.is_file():
            return False
        with file.open("rb") as opened:
            return b"express" in opened.read(LARGEST_BYTES)
    except OSError:
        return False


class _Search:
    """One search through a project."""

    def __init__(self, modules: Modules, files: Sequence[str]) -> None:
        self._modules = modules
        self._files = files
        self._unresolved: dict[Unresolved, None] = {}
        self._values = Objects(modules)
        self._calls = Calls(self._values, self._tell)
        args = Arguments(self._values, self._calls, self._tell)
        self._judge = Judge(modules, self._values, args)

    def _tell(self, path: str, line: int, why: str) -> None:
        self._unresolved[Unresolved(path=path, line=line, reason=why)] = None

    def found(self) -> Application:
        """Walk, then make a table of each app."""
        Walk(self._modules, self._values, self._calls).through(self._in_order())
        self._judge.strategies = self._strategies()
        told: set[tuple[str, str, str, int]] = set()
        apps: list[App] = []
        routes: list[Route] = []
        uses: list[Use] = []
        settings: list[Setting] = []
        for stack in sorted(self._calls.stacks.values(), key=_place):
            if stack.mounted or not (stack.layers or stack.settings or not stack.is_router):
                continue
            table = Table(self._calls, self._judge, stack)
            app = table.fill()
            places = {(one.method, one.path, one.file, one.line) for one in table.routes}
            if not stack.called and places and places <= told:
                continue  # the same app once more, for tests
            told |= places
            apps.append(app)
            routes += table.routes
            uses += table.uses
            settings += table.settings
            if stack.is_router and (table.routes or table.uses):
                why = "no app here mounts this router: what runs before it is not told"
                self._tell(stack.path, stack.line, why)
        for stack in self._calls.stacks.values():
            if stack.mounted and not stack.layers:
                why = "this router is mounted, and nothing is added to it that the text shows"
                self._tell(stack.path, stack.line, why)
        for path, line, why in self._calls.left_over():
            self._tell(path, line, why)
        self._decorated()
        return Application(
            apps=tuple(apps),
            routes=tuple(routes),
            uses=tuple(uses),
            settings=tuple(settings),
            unresolved=tuple(sorted(self._unresolved, key=lambda one: (one.path, one.line))),
        )

    def _in_order(self) -> list[str]:
        """What is likely to be started first; what it imports is loaded by that."""
        return sorted(
            self._files, key=lambda path: (_FIRST.search(path) is None, path.count("/"), path)
        )

    def _strategies(self) -> frozenset[Via]:
        """Where the strategies of passport look for a token."""
        found: set[Via] = set()
        for path in self._files:
            module = self._modules.module(path)
            if module is None or "passport" not in module.text or "Strategy" not in module.text:
                continue
            if _BEARER.search(module.text):
                found.add(Via.BEARER)
            if _COOKIE.search(module.text):
                found.add(Via.COOKIE)
        return frozenset(found)

    def _decorated(self) -> None:
        """Routes that decorators make when the app starts."""
        for path in self._files:
            module = self._modules.module(path)
            if module is None or not _DECORATED.search(module.text):
                continue
            package = _decorating(module)
            if package is None:
                continue
            for node in module.root.find_all(kind="class_declaration"):
                name = node.field("name")
                around = node.parent()
                text = (around if around is not None else node).text()
                if name is not None and _DECORATED.search(text):
                    why = f"the routes of {name.text()} are made by decorators of {package}"
                    self._tell(path, line_of(node), why)


def _decorating(module: Module) -> str | None:
    for package in sorted(DECORATING):
        if f'"{package}"' in module.text or f"'{package}'" in module.text:
            return package
    return None


def _place(stack: Stack) -> tuple[bool, bool, str, int]:
    return stack.is_router, not stack.called, stack.path, stack.line
