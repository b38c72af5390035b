"""The text of `checklists.yaml` -> `Checklists`, each mistake with its line."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from skillconnect_ops.commands.checklist.looking_only import READ_ONLY, is_read_only
from skillconnect_ops.commands.checklist.model import (
    FILE,
    MOST_DAYS,
    AnyMeans,
    ByAudit,
    ByCommand,
    ByEvidence,
    ByFile,
    ByHttp,
    ByPerson,
    BySetting,
    Checklists,
    Item,
    Scope,
)
from skillconnect_ops.core.settings.errors import SettingsInvalid, nearest
from skillconnect_ops.core.settings.reader import Form, read_as
from skillconnect_ops.core.settings.rules import Broken, Rule, period_s

_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*", re.ASCII)
_CLAIM = re.compile(r"[a-z_]+(?:\.[a-z_]+)+", re.ASCII)
_MOST_WEIGHT = 10
_LONGEST_PATTERN = 200
_LONGEST_S = 400 * 86_400
OWN = "checklist."
"""What our own claims begin with; no item can name one and so be proven by a word."""


class ChecklistsInvalid(SettingsInvalid):
    """One place in `checklists.yaml` is wrong."""


@lru_cache(4)  # one run asks for the same file again and again
def read(text: str, *, file: str) -> Checklists:
    """The checklists that a text holds.

    Args:
        text: the whole file, decoded.
        file: what to call it in an error.

    Raises:
        SettingsInvalid: names the line, the key, and the nearest known key.
    """
    found, lines = read_as(text, Checklists, _FORM, file=file)
    for place, what, why in _faults(found):
        line = next(lines[each] for each in _upwards(place) if each in lines)
        raise ChecklistsInvalid(file, line, what, why=why, fix=f"correct line {line} of {file}")
    return found


def _upwards(place: str) -> Iterator[str]:
    """A place, and those that it lies in."""
    yield place
    while "." in place or "[" in place:
        place = place[: max(place.rfind("."), place.rfind("["))]
        yield place


def _faults(found: Checklists) -> Iterator[tuple[str, str, str]]:
    """What is wrong with it as a whole: the place, what, and why."""
    if not found.groups:
        yield "groups", "there is no group", "a file of checklists has at least one"
    names = [name for _, name, _ in found.named()]
    for key, group in found.groups.items():
        place = f"groups.{key}"
        if not _ID.fullmatch(key):
            yield place, f'"{key}" is no id', "an id is of small letters, digits and -"
        if not group.items:
            yield place, f"{key} has no item", "an empty checklist says nothing"
        for name, item in group.items.items():
            yield from _faults_of_item(f"{place}.items.{name}", name, item, found, names)


def _faults_of_item(
    place: str, name: str, item: Item, found: Checklists, names: list[str]
) -> Iterator[tuple[str, str, str]]:
    if not _ID.fullmatch(name):
        yield place, f'"{name}" is no id', "an id is of small letters, digits and -"
    if item.same_as is None:
        if not item.proof:
            why = "without a proof it would be done as soon as somebody said so"
            yield place, f"{name} says nothing of what proves it", why
        for number, means in enumerate(item.proof):
            yield from _faults_of_means(f"{place}.proof[{number}]", means)
        return
    if item.proof or item.must or item.why or item.references or item.weight != 1:
        why = "text is all that it has of its own; the rest is the other one's"
        yield place, f"{name} is {item.same_as}, and says more", why
    if item.same_as not in names:
        near = nearest(item.same_as, names)
        says = f"; did you mean {near}?" if near else ""
        why = "it has to be GROUP/ITEM of this file"
        yield f"{place}.same_as", f"there is no item {item.same_as}{says}", why
    elif found.own(item.same_as).same_as is not None:
        why = "one step is enough, and two could lead round in a circle"
        yield f"{place}.same_as", f"{item.same_as} is the same as another one itself", why


def _faults_of_means(place: str, means: AnyMeans) -> Iterator[tuple[str, str, str]]:
    if means.subject is Scope.TARGET and isinstance(means, ByAudit | ByFile):
        yield f"{place}.subject", f"{means.kind} is about the project", "code is no target's"
    if means.subject is Scope.PROJECT and isinstance(means, ByHttp):
        yield f"{place}.subject", "http is about a target", "it is a target that answers"
    match means:
        case ByAudit(audit=()):
            yield f"{place}.audit", "audit names no check", "skc audit list shows them"
        case ByCommand(command=words) if not is_read_only(words):
            known = "; ".join(" ".join(each) for each in READ_ONLY)
            why = f"these run, with few options, since they change nothing: {known}"
            yield f"{place}.command", f"`skc {' '.join(words)}` is not run for a proof", why
        case ByFile(has=str(pattern)) if _is_bad(pattern):
            yield f"{place}.has", "has is no expression that is looked for", _is_bad(pattern)
        case ByFile(file=glob) if glob.startswith(("/", "~")) or ".." in glob.split("/"):
            yield f"{place}.file", "the glob leads out of the project", "it begins at the root"
        case ByFile(key=str(), file=glob) if not glob.endswith((".json", ".yaml", ".yml", ".y*ml")):
            yield f"{place}.key", "only YAML and JSON have keys", "end the glob in one of them"
        case ByEvidence(evidence=claim) if claim.startswith(OWN) or not _CLAIM.fullmatch(claim):
            why = "it is what an act leaves, as backup.restorable; README lists them"
            yield f"{place}.evidence", f"{claim} is no claim of an act", why
        case ByPerson(within=within) if (period_s(within) or 0) > MOST_DAYS * 86_400:
            why = f"a person's word counts for {MOST_DAYS} days at most"
            yield f"{place}.within", f"{within} is too long", why
        case _:
            pass


def _is_bad(pattern: str) -> str:
    """Why an expression is not used; empty where it is."""
    if len(pattern) > _LONGEST_PATTERN:
        return f"it has more than {_LONGEST_PATTERN} signs"
    try:
        re.compile(pattern)
    except re.error as error:
        return str(error)
    if re.search(r"[*+}]\)?[*+{]|\([^)]*[*+][^)]*\)[*+{]", pattern):
        return "a repetition within a repetition can take years"
    return ""


def _filled(value: object) -> Broken | None:
    if str(value).strip():
        return None
    return Broken(what="is empty", why="it says nothing", fix="write something")


def _weight(value: object) -> Broken | None:
    if isinstance(value, int) and 1 <= value <= _MOST_WEIGHT:
        return None
    return Broken(
        what=f"is not between 1 and {_MOST_WEIGHT}",
        why="it says how much an item counts beside the others",
        fix="write a number between them",
    )


def _within(value: object) -> Broken | None:
    seconds = period_s(str(value))
    if seconds is not None and seconds <= _LONGEST_S:
        return None
    return Broken(
        what="is no length of time that evidence can count for",
        why="it is written as a number and one of s, m, h, d; 400d is the longest",
        fix="write `7d`",
    )


RULES: Mapping[tuple[type, str], Rule] = {
    (Item, "text"): _filled,
    (Item, "weight"): _weight,
    (ByPerson, "person"): _filled,
    **{
        (kind, "within"): _within
        for kind in (ByAudit, ByEvidence, ByCommand, ByFile, ByHttp, BySetting, ByPerson)
    },
}


_FORM = Form(
    root=Checklists,
    called=FILE,
    rules=RULES,
    empty="version and groups are missing",
    fix=f"remove {FILE}; skc has one of its own",
)
