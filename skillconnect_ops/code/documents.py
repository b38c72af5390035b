"""What YAML documents read and give: compose files and workflows, with the lines they do it in."""

import re
from collections.abc import Callable, Iterator

import yaml
from msgspec import Struct

from skillconnect_ops.code.interpolation import uses
from skillconnect_ops.code.model import Found, Given, Kind, Read, Unparsed
from skillconnect_ops.code.need import USED, Need

COMPOSE = re.compile(r"(?:.*/)?(docker-)?compose([.-][\w.-]+)?\.ya?ml")
WORKFLOW = re.compile(r"(?:.*/)?\.github/(workflows/[^/]+|actions/.+/action)\.ya?ml")
_EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_SECRET = re.compile(r"\b(?:secrets|vars)\.([A-Za-z_][A-Za-z0-9_]*)")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DEEPEST = 8
_PROVIDED = frozenset({"GITHUB_TOKEN"})


class Build(Struct, frozen=True, kw_only=True):
    """An image that a compose file has built."""

    line: int
    context: str
    """As it stands there: relative to the compose file's folder, or a URL."""
    dockerfile: str | None
    """Relative to the context; None where it is the one of the usual name."""
    inline: str | None = None
    """The Dockerfile itself, where it stands in the compose file from the next line on."""


class Service(Struct, frozen=True, kw_only=True):
    """A service of a compose file, and where its environment comes from."""

    name: str
    files: tuple[str, ...]
    """Env files, and files of secrets, as they stand there: relative to the compose file."""
    variables: frozenset[str]
    """Those that it is given by name."""


_Loader: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def compose(text: str, *, path: str) -> Found:
    """What a compose file takes from the environment, and what it gives its services."""
    return _looked(text, path, _of_compose)


def builds(text: str) -> tuple[Build, ...]:
    """The images that a compose file's services build; none of what cannot be parsed."""
    found: list[Build] = []
    try:
        for document in yaml.compose_all(text, Loader=_Loader):
            for service in _fields(_fields(document).get("services")).values():
                build = _build(_fields(service).get("build"))
                found += [build] if build is not None else []
    except (yaml.YAMLError, RecursionError, ValueError):
        pass  # `compose` tells of it
    return tuple(found)


def services(text: str) -> tuple[Service, ...]:
    """The services of a compose file; none of what cannot be parsed."""
    found: list[Service] = []
    try:
        for document in yaml.compose_all(text, Loader=_Loader):
            top = _fields(document)
            secrets = {
                name: file.value
                for name, node in _fields(top.get("secrets")).items()
                if isinstance(file := _fields(node).get("file"), yaml.ScalarNode)
            }
            for name, node in _fields(top.get("services")).items():
                found.append(_service(name, _fields(node), secrets))
    except (yaml.YAMLError, RecursionError, ValueError):
        pass  # `compose` tells of it
    return tuple(found)


def _service(name: str, fields: dict[str, yaml.Node], secrets: dict[str, str]) -> Service:
    files = _listed(fields.get("env_file"), "path")
    files += [secrets[one] for one in _listed(fields.get("secrets"), "source") if one in secrets]
    variables = set[str]()
    if "environment" in fields:
        for key, value in _entries(fields["environment"]):
            variable, text = _split(key, value)
            used = {use.name for use in uses(text)} if text is not None else set[str]()
            variables |= {variable, *used}
    return Service(name=name, files=tuple(files), variables=frozenset(variables))


def _listed(node: yaml.Node | None, field: str) -> list[str]:
    """The texts of a text or a list of texts, or of mappings that hold them."""
    items = node.value if isinstance(node, yaml.SequenceNode) else [node]
    found = [
        each if isinstance(each, yaml.ScalarNode) else _fields(each).get(field) for each in items
    ]
    return [each.value for each in found if isinstance(each, yaml.ScalarNode)]


def _build(node: yaml.Node | None) -> Build | None:
    if isinstance(node, yaml.ScalarNode) and node.value:
        return Build(line=node.start_mark.line + 1, context=node.value, dockerfile=None)
    fields = _fields(node)
    texts = {key: each for key, each in fields.items() if isinstance(each, yaml.ScalarNode)}
    if not texts.keys() & {"context", "dockerfile", "dockerfile_inline"}:
        return None  # an override that adds arguments to a build that stands elsewhere
    inline = texts.get("dockerfile_inline")
    told = inline or texts.get("dockerfile") or texts["context"]
    return Build(
        line=told.start_mark.line + 1,
        context=texts["context"].value if "context" in texts else ".",
        dockerfile=texts["dockerfile"].value if "dockerfile" in texts else None,
        inline=inline.value if inline is not None else None,
    )


def _fields(node: yaml.Node | None, *, depth: int = 0) -> dict[str, yaml.Node]:
    """The pairs of a mapping, with what `<<` merges in; none of anything else."""
    fields: dict[str, yaml.Node] = {}
    if not isinstance(node, yaml.MappingNode) or depth > _DEEPEST:
        return fields
    for key, value in node.value:
        if key.value == "<<":
            merged = value.value if isinstance(value, yaml.SequenceNode) else [value]
            for each in merged:
                fields = {**_fields(each, depth=depth + 1), **fields}
        elif isinstance(key, yaml.ScalarNode):
            fields[key.value] = value
    return fields


def workflow(text: str, *, path: str) -> Found:
    """What a workflow takes from its secrets and variables, and what it gives its steps."""
    return _looked(text, path, _of_workflow)


def _looked(text: str, path: str, look: Callable[[yaml.Node, str], Found]) -> Found:
    found = Found()
    try:
        for document in yaml.compose_all(text, Loader=_Loader):
            if document is not None:
                found += look(document, path)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1} is no YAML" if mark else "it cannot be parsed"
        return found + Found(unparsed=(Unparsed(path=path, reason=where),))
    return found


def _of_compose(document: yaml.Node, path: str) -> Found:
    reads: list[Read] = []
    given: list[Given] = []
    for scalar in _scalars(document):
        line = scalar.start_mark.line + 1
        reads += [_read(use.name, path, line, Kind.COMPOSE, use.need) for use in uses(scalar.value)]
    for block in _under(document, "environment"):
        for name, value in _entries(block):
            line = name.start_mark.line + 1
            key, text = _split(name, value)
            if not _NAME.fullmatch(key):
                continue
            if text is None:
                reads.append(_read(key, path, line, Kind.COMPOSE, Need(required=False)))
            else:
                given.append(_given(key, path, line, Kind.COMPOSE, literal="$" not in text))
    return Found(reads=tuple(reads), given=tuple(given))


def _of_workflow(document: yaml.Node, path: str) -> Found:
    reads: list[Read] = []
    given: list[Given] = []
    for scalar in _scalars(document):
        line = scalar.start_mark.line + 1
        for expression in _EXPRESSION.findall(scalar.value):
            names = [name for name in _SECRET.findall(expression) if name not in _PROVIDED]
            reads += [_read(name, path, line, Kind.WORKFLOW, USED) for name in names]
    for block in _under(document, "env"):
        for name, value in _entries(block):
            key, text = _split(name, value)
            if _NAME.fullmatch(key):
                literal = "${{" not in (text or "")
                line = name.start_mark.line + 1
                given.append(_given(key, path, line, Kind.WORKFLOW, literal=literal))
    return Found(reads=tuple(reads), given=tuple(given))


def _nodes(document: yaml.Node) -> Iterator[yaml.Node]:
    """Every node once: an alias leads to a node that was seen, and may lead in a circle."""
    seen: set[int] = set()
    waiting = [document]
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        yield node
        if isinstance(node, yaml.MappingNode):
            waiting += [part for pair in reversed(node.value) for part in reversed(pair)]
        elif isinstance(node, yaml.SequenceNode):
            waiting += reversed(node.value)


def _scalars(document: yaml.Node) -> Iterator[yaml.ScalarNode]:
    return (node for node in _nodes(document) if isinstance(node, yaml.ScalarNode))


def _under(document: yaml.Node, name: str) -> Iterator[yaml.Node]:
    """The values of every key of that name."""
    for node in _nodes(document):
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if isinstance(key, yaml.ScalarNode) and key.value == name:
                    yield value


def _entries(block: yaml.Node) -> Iterator[tuple[yaml.ScalarNode, yaml.Node | None]]:
    if isinstance(block, yaml.MappingNode):
        yield from ((key, value) for key, value in block.value if isinstance(key, yaml.ScalarNode))
    elif isinstance(block, yaml.SequenceNode):
        yield from ((item, None) for item in block.value if isinstance(item, yaml.ScalarNode))


def _split(name: yaml.ScalarNode, value: yaml.Node | None) -> tuple[str, str | None]:
    """Key and value of `KEY: value` or of the list's `KEY=value`; None for a value passed on."""
    if value is None:
        key, sign, text = name.value.partition("=")
        return key, text if sign else None
    if isinstance(value, yaml.ScalarNode):
        empty = value.tag.endswith(":null")
        return name.value, None if empty else value.value
    return name.value, ""


def _read(name: str, path: str, line: int, kind: Kind, need: Need) -> Read:
    return Read(
        name=name,
        path=path,
        line=line,
        kind=kind,
        required=need.required,
        default=need.default,
        checked=need.checked,
    )


def _given(name: str, path: str, line: int, kind: Kind, *, literal: bool) -> Given:
    return Given(name=name, path=path, line=line, kind=kind, literal=literal)
