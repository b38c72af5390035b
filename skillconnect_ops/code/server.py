"""What a server's code shows besides its routes: packages called, answers, sockets, writes."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from skillconnect_ops.code.answers import Answers, answers
from skillconnect_ops.code.discovery import Skipped
from skillconnect_ops.code.exemptions import Exemptions, of_javascript
from skillconnect_ops.code.javascript_modules import Module, Modules
from skillconnect_ops.code.javascript_objects import Objects
from skillconnect_ops.code.looked import Texts
from skillconnect_ops.code.model import Unparsed
from skillconnect_ops.code.package_calls import PACKAGES, Options, PackageCall, PackageCalls
from skillconnect_ops.code.sockets import Sockets, sockets
from skillconnect_ops.code.syntax import LANGUAGES
from skillconnect_ops.code.testing import is_test
from skillconnect_ops.code.writes import Unit, Writers

_WORDS = (
    *(word for one in sorted(PACKAGES) for word in (f"'{one}".encode(), f'"{one}'.encode())),
    *(b"jwt", b".cookie(", b".emit(", b"stack", b"inspect(", b"serializeError(", b".render("),
    *(b"Access-Control-Allow", b"access-control-allow"),
    *(
        b".on('data'",
        b'.on("data"',
        b"for await",
        b"Set-Cookie",
        b"set-cookie",
        b"Content-Security-Policy",
        b"content-security-policy",
    ),
    *(b".save(", b".create(", b".insertMany(", b".bulkWrite(", b".update", b".delete", b".replace"),
    *(b"AndUpdate(", b"AndDelete(", b"AndRemove(", b"AndReplace(", b".upsert(", b".remove("),
)
"""What a file is looked into for."""
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


def server(
    files: Sequence[str],
    read: Callable[[str], bytes | Skipped],
    *,
    within: Sequence[str] | None = None,
    trees: dict[str, Module] | None = None,
) -> Server:
    """Read a project's code.

    Args:
        files: relative paths.
        read: the bytes of one, or why it is no source.
        within: look into these alone; what they import is followed all the same.
        trees: what was parsed of these bytes, by path; what is parsed here is added.
    """
    sources = [
        path
        for path in files
        if path[path.rfind(".") :] in LANGUAGES and not path.endswith((".d.ts", ".d.mts", ".d.cts"))
    ]
    looked = frozenset(sources if within is None else within)
    own = [path for path in sources if path in looked and not is_test(path)]
    worth, allowing = [], []
    for path in own:
        data = read(path)
        if isinstance(data, Skipped):
            continue
        if any(word in data for word in _WORDS):
            worth.append(path)
        if b"skc:" in data:
            allowing.append(path)

    modules = Modules(sources, Texts(read), trees=trees)
    values = Objects(modules)
    options = Options(values)
    writers = Writers(modules, values, worth)
    found = Server(
        calls=tuple(PackageCalls(modules, values, options).of(worth)),
        answers=answers(modules, options, worth),
        sockets=sockets(
            modules, values, options, worth, others=[one for one in sources if not is_test(one)]
        ),
        units=tuple(writers.found()),
        writing=len(writers),
        exemptions={
            path: of_javascript(module.root, module.text, rule=_RULE)
            for path in allowing
            if (module := modules.module(path)) is not None
        },
        files=len(own),
    )
    return replace(found, unparsed=tuple(_faults(modules, worth)))


def _faults(modules: Modules, files: Sequence[str]) -> Iterator[Unparsed]:
    """Those that were parsed, and do not fit their grammar."""
    for path in files:
        module = modules.parsed(path)
        if module is not None and module.fault is not None:
            why = f"line {module.fault} does not fit the grammar; the rest was read"
            yield Unparsed(path=path, reason=why)


def together(*found: Server) -> Server:
    """What several searches showed, as one."""
    first = found[0]
    return replace(
        first,
        calls=tuple(one for each in found for one in each.calls),
        answers=Answers(
            cookies=tuple(one for each in found for one in each.answers.cookies),
            headers=tuple(one for each in found for one in each.answers.headers),
            traces=tuple(one for each in found for one in each.answers.traces),
            readings=tuple(one for each in found for one in each.answers.readings),
        ),
        exemptions={path: one for each in found for path, one in each.exemptions.items()},
        unparsed=tuple(one for each in found for one in each.unparsed),
        skipped=tuple(one for each in found for one in each.skipped),
        files=sum(each.files for each in found),
    )
