"""Which file of a project is its logger, and how it gives it away."""

import json
import posixpath
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ast_grep_py import SgNode

from skillconnect_ops.code.javascript_modules import Module, Modules
from skillconnect_ops.code.logger_import import sources
from skillconnect_ops.code.logger_model import Logger, Order
from skillconnect_ops.code.syntax import LANGUAGES, pairs
from skillconnect_ops.code.testing import is_test

PREFILTER = re.compile(rb"createLogger|pino|bunyan|getLogger")
_MAKES = re.compile(r"\b(?:createLogger|getLogger|pino|P|[\w.]*[lL]ogger)\s*\(")
_ERRORS = re.compile(r"\berr\b")
"""What stands in a module that knows of the field."""
_KNOWN_LEVELS = {
    "npm": None,
    "cli": frozenset(
        ["error", "warn", "help", "data", "info", "debug", "prompt", "verbose", "input", "silly"]
    ),
    "syslog": frozenset(["emerg", "alert", "crit", "error", "warning", "notice", "info", "debug"]),
}
"""Of winston, by the name of the set."""
_FIELDS_FIRST = frozenset({"pino", "bunyan"})
_PACKAGES = frozenset({"winston", "pino", "bunyan", "log4js", "pino-http"})
_NAMES = ("logger", "log", "Logger")
_ES = ("import_statement", "export_statement")
_FRONT_FOLDERS = frozenset({"frontend", "client", "public", "static", "assets", "webapp", "www"})
_FRONT_SUFFIXES = (".jsx", ".tsx")
_FRONT_PACKAGES = frozenset({"react", "vue", "svelte", "@angular/core", "preact", "solid-js"})
_BACK_PACKAGES = frozenset(
    {"express", "fastify", "koa", "@nestjs/core", "@hapi/hapi", "hapi", "mongoose", "restify"}
)
_IN_BROWSERS = re.compile(
    r"\b(?:window|document|localStorage|sessionStorage)\s*[.\[]"
    r"|\bfrom ['\"](?:react|vue|svelte)['\"/]"
)


class Packages:
    """The `package.json` files of a project: which one speaks for a path."""

    def __init__(self, files: Iterable[str], read: Callable[[str], str | None]) -> None:
        self._files = frozenset(
            path for path in files if posixpath.basename(path) == "package.json"
        )
        self._read = read
        self._known: dict[str, Mapping[str, Any]] = {}

    def nearest(self, path: str) -> Mapping[str, Any]:
        """What the nearest one above a path says; nothing where there is none."""
        folder = posixpath.dirname(path)
        while True:
            name = posixpath.join(folder, "package.json")
            if name in self._files:
                return self._said(name)
            if not folder:
                return {}
            folder = posixpath.dirname(folder)

    def is_es_module(self, path: str) -> bool:
        """Whether plain `.js` files there are ES modules."""
        return self.nearest(path).get("type") == "module"

    def _said(self, name: str) -> Mapping[str, Any]:
        if name not in self._known:
            try:
                found = json.loads(self._read(name) or "{}")
            except ValueError:
                found = {}
            self._known[name] = found if isinstance(found, dict) else {}
        return self._known[name]


def logger_at(path: str, modules: Modules) -> Logger | None:
    """The logger that a file exports; None where it exports nothing that may be one."""
    module = modules.module(path) if posixpath.splitext(path)[1] in LANGUAGES else None
    if module is None:
        return None
    exported = _exported(module)
    if exported is None:
        return None
    used = {source for source in sources(module.root) if source in _PACKAGES}
    first = used & _FIELDS_FIRST and "winston" not in used
    return Logger(
        path=path,
        exported=exported or None,
        es_module=path.endswith(".mjs")
        or (
            not path.endswith(".cjs")
            and any(module.root.find(kind=kind) is not None for kind in _ES)
        ),
        order=Order.FIELDS_FIRST if first else Order.MESSAGE_FIRST,
        shows_errors="winston" not in used or _ERRORS.search(module.text) is not None,
        levels=_levels(module),
        returns_itself=not first,
    )


def loggers(files: Sequence[str], modules: Modules, packages: Packages) -> list[Logger]:
    """Every file that makes a logger with a known package and exports it; tests left out."""
    found = []
    for path in files:
        if posixpath.splitext(path)[1] not in LANGUAGES or is_test(path):
            continue
        module = modules.module(path)
        if module is None or not _PACKAGES & set(sources(module.root)):
            continue
        if _MAKES.search(module.text) is None or front_end(path, module.text, packages):
            continue
        logger = logger_at(path, modules)
        if logger is not None and _is_made(module, logger.exported or ""):
            found.append(logger)
    return found


def needed_by(logger: Logger, modules: Modules) -> frozenset[str]:
    """The files that the logger is built with: they cannot import it in turn."""
    reached: set[str] = set()
    waiting = [logger.path]
    while waiting:
        path = waiting.pop()
        if path in reached:
            continue
        reached.add(path)
        module = modules.module(path)
        for source in sources(module.root) if module is not None else ():
            found = modules.found(source, beside=path)
            if found is not None:
                waiting.append(found)
    return frozenset(reached)


def front_end(path: str, text: str, packages: Packages) -> str | None:
    """Why a file is taken for one that runs in browsers; None where it is not."""
    if path.endswith(_FRONT_SUFFIXES):
        return "it is a part of a front end, by the end of its name"
    folder = next((part for part in path.split("/")[:-1] if part in _FRONT_FOLDERS), None)
    if folder is not None:
        return f"it is a part of a front end, by the folder {folder}"
    said = packages.nearest(path)
    known = {
        name
        for field in ("dependencies", "devDependencies", "peerDependencies")
        if isinstance(said.get(field), dict)
        for name in said[field]
    }
    front = known & _FRONT_PACKAGES
    if front and not known & _BACK_PACKAGES:
        return f"it is a part of a front end: its package.json names {min(front)}"
    if _IN_BROWSERS.search(text):
        return "it runs in browsers: it uses what only they have"
    return None


def _exported(module: Module) -> str | None:
    """The name of the export that is a logger; empty: the default, or the whole."""
    whole = module.whole
    if whole is not None:
        if whole.kind() != "object":
            return (
                "" if whole.kind() in {"identifier", "call_expression", "new_expression"} else None
            )
        entries = {name: value for name, _, value in pairs(whole)}
        return _of_names(entries)
    if "default" in module.exports and module.exports["default"].kind() != "object":
        return ""
    return _of_names({name: node for name, node in module.exports.items() if name != "default"})


def _of_names(entries: Mapping[str, SgNode]) -> str | None:
    for name in _NAMES:
        if name in entries:
            return name
    return next((name for name, node in entries.items() if _MAKES.search(_line(node))), None)


def _levels(module: Module) -> frozenset[str] | None:
    """The levels that a logger gets in its own file; empty where they are not told there."""
    for made in module.root.find_all(kind="object"):
        entries = {name: value for name, _, value in pairs(made)}
        own = entries.get("levels")
        if own is None or not _is_given_to_a_maker(made):
            continue
        if own.kind() == "object":
            return frozenset(name for name, _, _ in pairs(own))
        kind = own.text().rsplit(".", 2)[-2:]
        return _KNOWN_LEVELS.get(kind[0], frozenset()) if kind[-1] == "levels" else frozenset()
    return None


def _is_given_to_a_maker(node: SgNode) -> bool:
    call = above.parent() if (above := node.parent()) is not None else None
    return call is not None and _MAKES.match(call.text()) is not None


def _line(node: SgNode) -> str:
    """What an exported name is given, as far as its own statement says."""
    above = node.parent()
    whole = above if above is not None and above.kind() == "variable_declarator" else node
    return whole.text()


def _is_made(module: Module, exported: str) -> bool:
    """Whether what is exported is made by a call here, and is no function that makes some."""
    node = module.exports.get(exported or "default") or module.whole
    if node is None:
        return False
    if node.kind() == "object":
        return True
    if node.kind() == "identifier":
        found = module.scopes.meaning(node.text(), node)
        node = found.home if found is not None else node
    return node.kind() not in {"function_declaration", "class_declaration", "arrow_function"}
