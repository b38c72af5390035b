"""The JSON Schema of `checklists.yaml`, for editors; made of the same nouns that read it."""

import json
from typing import Any

from msgspec import inspect

from skillconnect_ops.commands.checklist.model import (
    MOST_DAYS,
    Checklists,
)
from skillconnect_ops.core.report import Report
from skillconnect_ops.core.view import Lines

DRAFT = "https://json-schema.org/draft/2020-12/schema"
_PERIOD = "^[1-9][0-9]{0,4}[smhd]$"
_ID = "^[a-z0-9]+(-[a-z0-9]+)*$"
_ABOUT = {
    "text": "The item, in a few words.",
    "why": "What happens without it.",
    "references": "Where it comes from: OWASP ASVS, CWE, CIS, pages.",
    "weight": "How much it counts beside the others, 1 to 10.",
    "must": "Nobody can waive it.",
    "proof": "What proves it; all of it is needed.",
    "same_as": "GROUP/ITEM: it is that one, under another name.",
    "within": "How long what was seen counts: 12h, 7d.",
    "subject": "project: the code as it is; target: one target at one cluster.",
    "audit": "Checks of skc audit that pass.",
    "evidence": "The claim of a record that an act of skc leaves: backup.restorable.",
    "where": "Which of these records are meant, by their subject or facts.",
    "facts": "What they have to say besides.",
    "by": "Parts of the subject that tell apart what is judged each for itself.",
    "command": "The words of a command of skc that only looks.",
    "file": "A glob below the root; the file has to be in git.",
    "key": "A place in its YAML or JSON, * for any name: jobs.*.steps.*.run.",
    "has": "A regular expression for the value there, or for a line that is no comment.",
    "http": "A harmless request to the target's `health` address.",
    "setting": "Names with dots between, as they stand in skc.yaml.",
    "person": f"What somebody is to say, who answers for it for {MOST_DAYS} days at most.",
}
_MORE: dict[str, dict[str, Any]] = {
    "version": {"const": 1},
    "weight": {"minimum": 1, "maximum": 10},
    "within": {"pattern": _PERIOD},
    "text": {"minLength": 1},
    "person": {"minLength": 1},
    "audit": {"minItems": 1},
    "command": {"minItems": 1},
}


def schema() -> Report:
    """The schema, as data on stdout."""
    made = json_schema()
    lines = tuple(json.dumps(made, indent=2).splitlines())
    return Report(command="checklist schema", facts={"schema": made}, view=(Lines(lines),))


def json_schema() -> dict[str, Any]:
    """The schema itself."""
    return {
        "$schema": DRAFT,
        "title": "checklists.yaml of skc",
        "description": "Checklists, and what proves each of their items.",
        **_of(inspect.type_info(Checklists)),
    }


def _of(kind: inspect.Type) -> dict[str, Any]:
    found: dict[str, Any]
    match kind:
        case inspect.StructType():
            found = _of_noun(kind)
        case inspect.UnionType(types=types):
            options = [_of(one) for one in types]
            plain = all(set(one) == {"type"} for one in options)
            found = {"type": [one["type"] for one in options]} if plain else {"oneOf": options}
        case inspect.DictType(value_type=value):
            found = {
                "type": "object",
                "minProperties": 1,
                "propertyNames": {"pattern": _ID},
                "additionalProperties": _of(value),
            }
        case inspect.VarTupleType(item_type=item):
            found = {"type": "array", "items": _of(item)}
        case inspect.EnumType(cls=cls):
            found = {"enum": [each.value for each in cls]}
        case _:
            found = {"type": _PLAIN[type(kind)]}
    return found


_PLAIN: dict[type[inspect.Type], str] = {
    inspect.StrType: "string",
    inspect.IntType: "integer",
    inspect.BoolType: "boolean",
    inspect.NoneType: "null",
}


def _of_noun(kind: inspect.StructType) -> dict[str, Any]:
    properties = {}
    for field in kind.fields:
        name = field.encode_name
        found = _of(field.type)
        if name in {"where", "facts"}:  # their names are those of others
            found = {"type": "object", "additionalProperties": found["additionalProperties"]}
        properties[name] = {**found, **_MORE.get(name, {})}
        if name in _ABOUT:
            properties[name]["description"] = _ABOUT[name]
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [field.encode_name for field in kind.fields if field.required],
        "properties": properties,
    }
