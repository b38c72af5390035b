"""`who-was-read`: from when to when somebody could read, which logs show it, and whom to ask for.

Of the database only names of fields are looked at, which decide what the query asks for; no data of
anybody is read for it.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from skillconnect_ops.commands.respond.census import looked
from skillconnect_ops.commands.respond.done import Done
from skillconnect_ops.commands.respond.events import KeptFile
from skillconnect_ops.commands.respond.keeping import keep, keep_text, where
from skillconnect_ops.commands.respond.scene import How, Scene
from skillconnect_ops.core.outcome import Known, Missing
from skillconnect_ops.core.ports.atlas import LoginSeen
from skillconnect_ops.core.ports.database import Database
from skillconnect_ops.core.ports.git import ALONE, PLAIN
from skillconnect_ops.core.resources import filled, template
from skillconnect_ops.core.view import count, listed

_GIT_S = 30.0
_SAMPLE = 50
_MOST = 200
"""Collections that are looked at; whoever has more asks for the rest."""
_PERSONAL = re.compile(
    r"e-?mail|phone|mobile|(^|_)tel($|_)|address|street|(first|last|full|sur|family)_?name"
    r"|birth|passport|iban|card|ssn|tax",
    re.IGNORECASE,
)
Fields = Mapping[str, Sequence[str]]
"""Collection -> the fields that look like a person's."""


def who_was_read(scene: Scene, how: How) -> Done:
    """Write down the window, the query, and the commands that look for a breach."""
    del how
    begins, ends = window(scene)
    files: list[KeptFile] = []
    lines = [f"from {_said(begins)} to {_said(ends)}"]
    name, fields = _fields(scene)
    if isinstance(fields, Known):
        query = affected(name, fields.value, begins=begins, ends=ends)
        files.append(keep_text(scene, "affected.js", query))
        found = [f"{one} ({', '.join(each)})" for one, each in fields.value.items()]
        lines.append(f"people are in {listed(found, most=6) or 'no collection that was looked at'}")
    else:
        lines.append(f"the database could not be looked at: {fields.reason}")
    logins = _logins(scene)
    if isinstance(logins, Known):
        files.append(keep(scene, "logins-by-address", logins))
        lines.append(
            f"{count(len(logins.value), 'address', 'addresses')} had logged in, as Atlas kept it"
        )
    about = {
        "begins": _said(begins),
        "ends": _said(ends),
        "containers": list(scene.target.settings.consumers),
        "folder": where(scene),
    }
    files.append(keep_text(scene, "look-for-a-breach.txt", filled(template(_PAGE), about)))
    return Done(
        text="\n".join(lines),
        shown=(f"what to look at, and the query, lie in {where(scene)}",),
        files=tuple(files),
        data={"begins": begins, "ends": ends},
    )


_PAGE = "runbooks/look-for-a-breach.txt.j2"


def window(scene: Scene) -> tuple[datetime | None, datetime | None]:
    """From the first commit that held an env file, to when the old values were ended."""
    incident = scene.fresh()
    ended = [
        state.closed_at
        for state in incident.steps
        if state.step.station in {"sessions", "dead"} and state.closed_at is not None
    ]
    return _first_commit(scene), min(ended) if ended else None


def _first_commit(scene: Scene) -> datetime | None:
    root = scene.house.project().root
    times: list[datetime] = []
    for name in scene.target.settings.env_files:
        words = ("log", "--all", "--format=%cI", "--", name)
        said = looked(
            lambda words=words: scene.house.processes.run(  # type: ignore[misc]
                "git", *PLAIN, *words, folder=root, variables=ALONE, patience_s=_GIT_S
            )
        )
        if isinstance(said, Known) and said.value.strip():
            times += [datetime.fromisoformat(line) for line in said.value.split()]
    return min(times, default=None)


def _fields(scene: Scene) -> tuple[str, Known[Fields] | Missing]:
    if scene.target.settings.database is None:
        return "", Missing("the target has no database")
    called = looked(lambda: _asked(scene))
    if isinstance(called, Missing):
        return "", called
    name, fields = called.value
    return name, Known(fields)


def _asked(scene: Scene) -> tuple[str, Fields]:
    with scene.house.database(scene.target) as connected:
        database, name = connected.database, connected.name
        found: dict[str, list[str]] = {}
        for collection in database.collections(name)[:_MOST]:
            fields = [
                one for one in _names(database, name, collection.name) if _PERSONAL.search(one)
            ]
            if fields:
                found[collection.name] = fields
        return name, found


def _names(database: Database, name: str, collection: str) -> list[str]:
    """The names of the fields of some documents; the server gives nothing else."""
    pipeline: list[Mapping[str, Any]] = [
        {"$sample": {"size": _SAMPLE}},
        {
            "$project": {
                "field": {
                    "$map": {"input": {"$objectToArray": "$$ROOT"}, "as": "one", "in": "$$one.k"}
                }
            }
        },
        {"$unwind": "$field"},
        {"$group": {"_id": "$field"}},
    ]
    answer = database.command(
        name, {"aggregate": collection, "pipeline": pipeline, "cursor": {"batchSize": 1000}}
    )
    return sorted(str(one["_id"]) for one in answer["cursor"]["firstBatch"])


def affected(
    database: str, fields: Fields, *, begins: datetime | None, ends: datetime | None
) -> str:
    """A script for mongosh that lists whom the records are about; pure."""
    lines = [
        "// Lists the people whose records could be read. Its result is personal data: keep it so.",
        "// mongosh --quiet URI affected.js > affected.json",
        f"// The window: from {_said(begins)} to {_said(ends)}. A person who was made later is not",
        "// affected: the _id tells when, where it is an ObjectId.",
        f"const app = db.getSiblingDB({_quoted(database)});",
    ]
    until = f"new Date({_quoted(ends.isoformat())})" if ends is not None else "new Date()"
    lines.append(f"const until = ObjectId.createFromTime(Math.floor({until}.getTime() / 1000));")
    for name, each in fields.items():
        shown = ", ".join(f"{_quoted(field)}: 1" for field in each)
        lines += [
            f"app.getCollection({_quoted(name)})",
            '  .find({$or: [{_id: {$lt: until}}, {_id: {$not: {$type: "objectId"}}}]},',
            f"    {{{shown}}})",
            f"  .forEach((one) => print(EJSON.stringify({{from: {_quoted(name)}, ...one}})));",
        ]
    if not fields:
        lines.append("// No field that looks like a person's was found: write the query by hand.")
    return "\n".join(lines) + "\n"


def _logins(scene: Scene) -> Known[Mapping[str, Any]] | Missing:
    """Who had logged in from where; as far as Atlas keeps it."""
    database = scene.target.settings.database
    if database is None or database.atlas is None:
        return Missing("not at Atlas")

    def ask() -> Mapping[str, Any]:
        with scene.house.atlas(scene.target) as project:
            return by_address(project.logins_seen())

    return looked(ask)


def by_address(logins: Sequence[LoginSeen]) -> dict[str, Any]:
    """Logins, counted by address; pure."""
    found: dict[str, Any] = {}
    for one in logins:
        about = found.setdefault(
            one.address,
            {"accepted": 0, "refused": 0, "users": [], "first": one.at, "last": one.at},
        )
        about["accepted" if one.accepted else "refused"] += 1
        about["first"], about["last"] = min(about["first"], one.at), max(about["last"], one.at)
        if one.user not in about["users"]:
            about["users"].append(one.user)
    return found


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _said(at: datetime | None) -> str:
    return "?" if at is None else f"{at:%F %T%z}"
