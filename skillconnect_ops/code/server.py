"""What a server's code shows besides its routes: packages called, answers, sockets, writes."""

import re
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from skillconnect_ops.code.answers import Answers, answers
from skillconnect_ops.code.discovery import Skipped
from skillconnect_ops.code.environment import is_test
from skillconnect_ops.code.exemptions import Exemptions, of_javascript
from skillconnect_ops.code.javascript_modules import Modules
from skillconnect_ops.code.javascript_objects import Objects
from skillconnect_ops.code.model import Unparsed
from skillconnect_ops.code.package_calls import PACKAGES, Options, PackageCall, PackageCalls
from skillconnect_ops.code.sockets import Sockets, sockets
from skillconnect_ops.code.syntax import LANGUAGES
from skillconnect_ops.code.writes import Unit, Writers

_WORDS = re.compile(
    "|".join(rf"['\"]{re.escape(one)}['\"/]" for one in sorted(PACKAGES))
    + r"|\bjwt\b|\.cookie\(|\.emit\(|\.stack\b|Access-Control-Allow"
    r"|\.(?:save|create|insertMany|bulkWrite|(?:update|delete|replace)(?:One|Many)?"
    r"|find\w*And(?:Update|Delete|Remove|Replace)|upsert)\(",
    re.IGNORECASE,
)
_RULE = "no-rule-of-eslint"


class Server(Struct, frozen=True, kw_only=True):
    """All that was found; code of tests is left out."""

    calls: tuple[PackageCall, ...] = ()
    answers: Answers = Answers()
    sockets: Sockets = Sockets()
    units: tuple[Unit, ...] = ()
    writing: int = 0
    """How many functions write to a model at all."""
    exemptions: Mapping[str, Exemptions] = {}
    """What comments of all sources ask for, by path."""
    unparsed: tuple[Unparsed, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    files: int = 0
    """How many files were looked into."""


def server(files: Sequence[str], read: Callable[[str], bytes | Skipped]) -> Server:
    """Read a project's code.

    Args:
        files: relative paths.
        read: the bytes of one, or why it is no source.
    """
    texts: dict[str, str | None] = {}
    unparsed: list[Unparsed] = []

    def text(path: str) -> str | None:
        if path not in texts:
            data = read(path)
            texts[path] = (
                None if isinstance(data, Skipped) else data.decode("utf-8-sig", errors="replace")
            )
        return texts[path]

    sources = [
        path
        for path in files
        if path[path.rfind(".") :] in LANGUAGES and not path.endswith((".d.ts", ".d.mts", ".d.cts"))
    ]
    own = [path for path in sources if not is_test(path)]
    worth = [path for path in own if _WORDS.search(text(path) or "")]
    modules = Modules(sources, text)
    values = Objects(modules)
    options = Options(values)
    for path in worth:
        module = modules.module(path)
        if module is not None and module.fault is not None:
            why = f"line {module.fault} does not fit the grammar; the rest was read"
            unparsed.append(Unparsed(path=path, reason=why))
    writers = Writers(modules, values, worth)
    return Server(
        calls=tuple(PackageCalls(modules, values, options).of(worth)),
        answers=answers(modules, options, worth),
        sockets=sockets(modules, values, options, worth),
        units=tuple(writers.found()),
        writing=len(writers),
        exemptions={
            path: of_javascript(module.root, module.text, rule=_RULE)
            for path in own
            if "skc:" in (text(path) or "") and (module := modules.module(path)) is not None
        },
        unparsed=tuple(unparsed),
        files=len(own),
    )
