"""The text of `skc.yaml` -> `Settings`.

YAML is composed into nodes (which know their lines) by PyYAML's safe loader and never constructed,
so no tag can make an object. The nodes are then matched against the types of the nouns in `model`:
a new setting needs no word here. Values never appear in an error: one of them may be a secret.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, TypeVar

import yaml
from msgspec import Struct, inspect
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from skillconnect_ops.core.settings.errors import (
    SettingsInvalid,
    SettingsTooNew,
    UnknownSetting,
    nearest,
    shown,
)
from skillconnect_ops.core.settings.model import Settings
from skillconnect_ops.core.settings.rules import RULES, Rule

VERSION = 1
"""The newest version of the file that this skc reads."""

_LONGEST = 1_000_000
_DEEPEST = 20
_YAML = "tag:yaml.org,2002:"
_NAMES = {
    f"{_YAML}str": "a text",
    f"{_YAML}int": "a number",
    f"{_YAML}float": "a number",
    f"{_YAML}bool": "yes or no",
    f"{_YAML}null": "nothing",
    f"{_YAML}timestamp": "a date",
    f"{_YAML}map": "names and values",
    f"{_YAML}seq": "a list",
}


@lru_cache(4)  # one run asks for the same file again and again
def read(text: str, *, file: str = "skc.yaml") -> Settings:
    """The settings that a text holds.

    Args:
        text: the whole file, decoded.
        file: what to call it in an error.

    Raises:
        SettingsInvalid: names the line, the key, and the nearest known key.
    """
    settings: Settings = _Reader(file, _SETTINGS).document(text)
    return settings


class Form(Struct, frozen=True, kw_only=True):
    """What a file of ours holds, where it is not `skc.yaml`."""

    root: type[Struct]
    called: str
    """The place of what stands at its top, in an error."""
    rules: Mapping[tuple[type[object], str], Rule]
    empty: str
    """What an empty file lacks."""
    fix: str
    """What to do about an empty file."""


_SETTINGS = Form(
    root=Settings,
    called="skc.yaml",
    rules=RULES,
    empty="version and project are missing",
    fix="skc init",
)
S = TypeVar("S", bound=Struct)


def read_as(text: str, kind: type[S], form: Form, *, file: str) -> tuple[S, Mapping[str, int]]:
    """What another file of ours holds, by the same rules.

    Args:
        text: the whole file, decoded.
        kind: the root of the form.
        form: what it holds.
        file: what to call it in an error.

    Returns:
        What it holds, and the line of each place, as errors spell it: `phases[0].steps[2].id`.

    Raises:
        SettingsInvalid: names the line, the key, and the nearest known key.
    """
    reader = _Reader(file, form)
    found = reader.document(text)
    if not isinstance(found, kind):
        raise TypeError(f"{form.called} is read as {type(found).__name__}")
    return found, reader.lines


class _Reader:
    """One reading of one file."""

    def __init__(self, file: str, form: Form) -> None:
        self.file = file
        self.form = form
        self.lines: dict[str, int] = {}

    def document(self, text: str) -> Any:
        if len(text) > _LONGEST:
            raise self.fault(1, "this is no settings file", why="it is larger than 1 MB")
        node = self.composed(text)
        if node is None:
            raise self.fault(1, "the file is empty", why=self.form.empty, fix=self.form.fix)
        if isinstance(node, MappingNode):
            self.check_version(node)
        return self.value(node, inspect.type_info(self.form.root), self.form.called)

    def composed(self, text: str) -> Node | None:
        try:
            self.check_events(yaml.parse(text, Loader=yaml.SafeLoader))
            node: Node | None = yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            raise self.syntax(error) from None
        except yaml.reader.ReaderError as error:
            line = text.count("\n", 0, error.position) + 1
            raise self.fault(
                line, "a character that YAML forbids", why="it is a control character"
            ) from None
        except (ValueError, OverflowError):
            raise self.fault(
                1, "a character escape that names no character", why=r"a \U… is out of range"
            ) from None
        return node

    def syntax(self, error: yaml.MarkedYAMLError) -> SettingsInvalid:
        """The problem without the library's excerpt, since a line may hold a secret."""
        problem = error.problem or "it ends too early"
        mark = error.problem_mark or error.context_mark
        if "end of stream" in problem:  # where the quote was opened says more than the last line
            mark = error.context_mark or mark
        why = ": ".join(part for part in (error.context, problem) if part)
        if "\\t" in problem:
            why = "a tab indents it; YAML wants spaces"
        return self.fault(mark.line + 1 if mark else 1, "this is not YAML", why=_one_line(why))

    def check_events(self, events: Iterator[yaml.Event]) -> None:
        """Refuse what makes a small text a huge tree, before the tree is made."""
        depth = 0
        for event in events:
            line = event.start_mark.line + 1 if event.start_mark else 1
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                raise self.fault(
                    line,
                    "anchors and aliases (& and *) are not read",
                    why="one line could stand for millions of others",
                    fix=f"write the values out in line {line} of {self.file}",
                )
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            if depth > _DEEPEST:
                raise self.fault(
                    line, "nested too deeply", why=f"no setting lies {_DEEPEST} levels deep"
                )

    def check_version(self, node: MappingNode) -> None:
        """First of all, since a newer file may well hold keys that are unknown here."""
        for key, value in node.value:
            if not (isinstance(key, ScalarNode) and key.value == "version"):
                continue
            version = self.value(value, inspect.IntType(), "version")
            line = value.start_mark.line + 1
            if version > VERSION:
                raise SettingsTooNew(
                    self.file,
                    line,
                    f"version {version} is newer than this skc",
                    why=f"this skc reads version {VERSION}",
                    fix="upgrade skc (pip install --upgrade skillconnect-ops)",
                )
            if version != VERSION:
                raise self.fault(
                    line,
                    f"there is no version {version}",
                    why=f"this skc reads version {VERSION}",
                    fix=f"write `version: {VERSION}` in line {line} of {self.file}",
                )

    def value(self, node: Node, kind: inspect.Type, place: str) -> Any:
        """The value of a node as the wanted type."""
        self.lines[place] = node.start_mark.line + 1
        if isinstance(kind, inspect.UnionType):
            options = [one for one in kind.types if not isinstance(one, inspect.NoneType)]
            if node.tag == f"{_YAML}null" and len(options) < len(kind.types):
                return None
            kind = options[0] if len(options) == 1 else self.option(node, options, place)
        if isinstance(kind, inspect.StructType):
            return self.struct(node, kind, place)
        if isinstance(kind, inspect.DictType):
            pairs = self.pairs(node, place)
            found = {
                name: self.value(value, kind.value_type, f"{place}.{name}")
                for name, (_, value) in pairs.items()
            }
            self.lines |= {
                f"{place}.{name}": key.start_mark.line + 1 for name, (key, _) in pairs.items()
            }
            return found
        if isinstance(kind, inspect.VarTupleType):
            return self.items(node, kind, place)
        return self.scalar(node, kind, place)

    def option(self, node: Node, kinds: list[inspect.Type], place: str) -> inspect.Type:
        """Which of several types a node is: of nouns, the one whose tag is among its names."""
        tagged = {str(one.tag): one for one in kinds if isinstance(one, inspect.StructType)}
        if not tagged:
            fits = [
                one
                for one in kinds
                if isinstance(node, ScalarNode) and _SCALARS[type(one)][1](node) is not None
            ]
            if not fits:
                wanted = " or ".join(_SCALARS[type(one)][0] for one in kinds)
                raise self.mistyped(node, place, wanted)
            return fits[0]
        names = self.pairs(node, place)
        found = [name for name in names if name in tagged]
        if len(found) == 1:
            return tagged[found[0]]
        known = ", ".join(tagged)
        if found:
            line = names[found[1]][0].start_mark.line + 1
            what = f"{place} names {found[0]} and {found[1]}"
            raise self.fault(line, what, why=f"it is one of {known}; write two entries")
        near = next((one for name in names if (one := nearest(name, list(tagged)))), None)
        raise self.fault(
            node.start_mark.line + 1,
            f"{place} does not say what kind it is" + (f"; did you mean {near}?" if near else ""),
            why=f"it has to have one of {known}",
        )

    def struct(self, node: Node, kind: inspect.StructType, place: str) -> Any:
        fields = {field.encode_name: field for field in kind.fields}
        found: dict[str, Any] = {}
        below = "" if kind.cls is self.form.root else f"{place}."
        for name, (key, value) in self.pairs(node, place).items():
            if name not in fields:
                raise UnknownSetting(
                    self.file, key.start_mark.line + 1, name, place=place, known=fields
                )
            if value.tag == f"{_YAML}null" and not fields[name].required:
                continue  # a key whose lines are all commented out stands for its default
            found[name] = self.value(value, fields[name].type, f"{below}{name}")
            self.check_rule(kind.cls, name, found[name], value, f"{below}{name}")
        for name, field in fields.items():
            if field.required and name not in found:
                line = node.start_mark.line + 1
                raise self.fault(
                    line,
                    f"{below}{name} is missing",
                    why=f"{place} needs it",
                    fix=f"add `{name}:` below {place} in {self.file}",
                )
        return kind.cls(**found)

    def pairs(self, node: Node, place: str) -> dict[str, tuple[Node, Node]]:
        """The names of a mapping, each with its node and its value's; no name twice."""
        if node.tag == f"{_YAML}null":
            return {}  # everything below it is commented out
        if not isinstance(node, MappingNode) or node.tag != f"{_YAML}map":
            raise self.mistyped(node, place, "names and values")
        pairs: dict[str, tuple[Node, Node]] = {}
        for key, value in node.value:
            name = self.scalar(key, inspect.StrType(), f"a name below {place}")
            if name in pairs:
                line = key.start_mark.line + 1
                first = pairs[name][0].start_mark.line + 1
                raise self.fault(
                    line,
                    f'{place} has "{shown(name)}" twice',
                    why=f"it stands in line {first} already",
                    fix=f"remove line {first} or line {line} of {self.file}",
                )
            pairs[name] = (key, value)
        return pairs

    def items(self, node: Node, kind: inspect.VarTupleType, place: str) -> tuple[Any, ...]:
        if not isinstance(node, SequenceNode) or node.tag != f"{_YAML}seq":
            raise self.mistyped(node, place, "a list")
        return tuple(
            self.value(item, kind.item_type, f"{place}[{number}]")
            for number, item in enumerate(node.value)
        )

    def scalar(self, node: Node, kind: inspect.Type, place: str) -> Any:
        if isinstance(kind, inspect.EnumType):
            return self.choice(node, kind, place)
        wanted, parse = _SCALARS[type(kind)]
        if isinstance(node, ScalarNode):
            parsed = parse(node)
            if parsed is not None:
                return self.clean(parsed, node, place)
        raise self.mistyped(node, place, wanted)

    def choice(self, node: Node, kind: inspect.EnumType, place: str) -> Any:
        known = {str(each.value): each for each in kind.cls}
        found = _text(node) if isinstance(node, ScalarNode) else None
        if found not in known:
            raise self.mistyped(node, place, f"one of {', '.join(known)}")
        return known[found]

    def clean(self, value: object, node: Node, place: str) -> object:
        if isinstance(value, str) and not all(_is_plain(letter) for letter in value):
            raise self.fault(
                node.start_mark.line + 1,
                f"{shown(place)} holds a control character",
                why="no name, path or address has one",
            )
        return value

    def check_rule(
        self, cls: type[object], name: str, value: object, node: Node, place: str
    ) -> None:
        rule = self.form.rules.get((cls, name))
        fault = rule(value) if rule and value is not None else None
        if fault:
            line = node.start_mark.line + 1
            raise self.fault(
                line,
                f"{place} {fault.what}",
                why=fault.why,
                fix=f"{fault.fix} in line {line} of {self.file}",
            )

    def mistyped(self, node: Node, place: str, wanted: str) -> SettingsInvalid:
        line = node.start_mark.line + 1
        found = _NAMES.get(node.tag, f"something tagged {shown(node.tag)}")
        quoted = wanted == "a text" and isinstance(node, ScalarNode) and node.value
        return self.fault(
            line,
            f"{shown(place)} must be {wanted}",
            why=f"found {found}",
            fix=f"put the value in quotes in line {line} of {self.file}"
            if quoted
            else f"write {wanted} in line {line} of {self.file}",
        )

    def fault(self, line: int, what: str, *, why: str, fix: str | None = None) -> SettingsInvalid:
        return SettingsInvalid(
            self.file, line, what, why=why, fix=fix or f"correct line {line} of {self.file}"
        )


def _one_line(text: str) -> str:
    """A library's sentence, printable, and without what it cites of an address."""
    if "://" in text:
        return "its structure is broken"
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def _is_plain(letter: str) -> bool:
    return letter >= " " and letter != "\x7f" and not "\ud800" <= letter <= "\udfff"


def _text(node: ScalarNode) -> str | None:
    return str(node.value) if node.tag == f"{_YAML}str" else None


def _number(node: ScalarNode) -> int | None:
    digits = str(node.value)
    plain = digits.isascii() and digits.isdigit() and len(digits) < 10
    return int(digits) if plain and node.tag == f"{_YAML}int" else None


def _truth(node: ScalarNode) -> bool | None:
    words = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
    return words.get(str(node.value).lower()) if node.tag == f"{_YAML}bool" else None


_SCALARS: dict[type[inspect.Type], tuple[str, Callable[[ScalarNode], object | None]]] = {
    inspect.StrType: ("a text", _text),
    inspect.IntType: ("a whole number", _number),
    inspect.BoolType: ("true or false", _truth),
}
