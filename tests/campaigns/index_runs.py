"""The runs of `skc indexes` that are killed: what is there, what is declared, what it comes to."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct
from pymongo import MongoClient

from skillconnect_ops.core.secret import Secret
from skillconnect_ops.journal.model import Standing
from tests.campaigns.dying import Ended, Killer, Order
from tests.commands.indexes.store import OWN, project, with_database
from tests.conftest import environment_in

APPLY = ("indexes", "--yes", "--format", "json")
UNDO = ("indexes", "undo", "--yes", "--format", "json")
Indexes = dict[str, dict[str, dict[str, Any]]]
Fields = tuple[str, ...]
OVER = {one.value for one in Standing if one.over}


class Story(Struct, frozen=True, kw_only=True):
    """A run, and where it begins."""

    name: str
    made: Callable[[Any], None]
    declared: str
    argv: tuple[str, ...] = APPLY
    before: tuple[tuple[str, ...], ...] = ()
    """The commands that lead there."""
    covered: tuple[Fields, ...] = (("a",),)
    """The fields of `c` that some index in sight begins with, at every moment."""
    unique: bool = False
    """Whether `a` of `c` takes no duplicate, at every moment."""


def _created(db: Any) -> None:
    db.c.create_index("a")


def _rebuilt(db: Any) -> None:
    db.c.create_index("a", unique=True)


def _swapped(db: Any) -> None:
    db.c.create_index("a", name="one")
    db.c.create_index("b", name="two")


def _changed(db: Any) -> None:
    db.c.create_index("a", hidden=False)
    db.c.create_index("at", expireAfterSeconds=10**7)
    db.c.create_index("b", sparse=True)


def _extra(db: Any) -> None:
    db.c.create_index("a")
    db.c.create_index("old")


ANEW = "c:\n  - {keys: {a: 1}, unique: true, sparse: true}\n"
STORIES = {
    story.name: story
    for story in (
        Story(
            name="create",
            made=_created,
            declared="c:\n  - keys: {a: 1}\n  - keys: {b: 1}\n  - keys: {b: 1, a: -1}\n"
            "new:\n  - {keys: {x: 1}, unique: true}\n",
        ),
        Story(name="rebuild", made=_rebuilt, declared=ANEW, unique=True),
        Story(
            name="swap",
            made=_swapped,
            declared="c:\n  - {keys: {a: 1}, name: two}\n  - {keys: {b: 1}, name: one}\n",
            covered=(("a",), ("b",)),
        ),
        Story(
            name="change",
            made=_changed,
            declared="c:\n  - {keys: {a: 1}, unique: true}\n"
            "  - {keys: {at: 1}, expireAfterSeconds: 20000000}\n"
            "  - keys: {b: 1}\n",
            covered=(("a",), ("at",), ("b",)),
        ),
        Story(
            name="prune",
            made=_extra,
            declared="c:\n  - keys: {a: 1}\n",
            argv=(*APPLY, "--prune-used", "--observe", "0s"),
            before=(("indexes", "--yes", "--prune-used", "--observe", "0s"),),
        ),
        Story(name="undo", made=_rebuilt, declared=ANEW, argv=UNDO, before=(APPLY,), unique=True),
    )
}


class Stage(Struct, frozen=True, kw_only=True):
    """A database, a project, and machines that run commands in it."""

    root: Path
    name: str
    client: MongoClient[Any]
    killer: Killer
    story: Story

    @property
    def db(self) -> Any:
        return self.client[self.name]

    def reset(self) -> None:
        """To where the story begins."""
        self.client.drop_database(self.name)
        self.db.c.insert_many({"a": n, "b": n % 7} for n in range(60))
        self.story.made(self.db)
        for argv in self.story.before:
            assert self.run(*argv).code == 0, self.said("here")

    def run(self, *argv: str, machine: str = "here", at: int = 0, after: bool = False) -> Ended:
        """A command as if typed at a machine, killed at its n-th call of the server."""
        home = self.root.parent / machine
        home.mkdir(exist_ok=True)
        return self.killer.run(
            Order(
                argv=argv,
                folder=str(self.root),
                environment=environment_in(home),
                at=at,
                after=after,
                out=str(home / "said"),
            )
        )

    def said(self, machine: str) -> str:
        return (self.root.parent / machine / "said").read_text()

    def report(self, *argv: str, machine: str) -> Any:
        """The report of a command that changes nothing, and its exit code."""
        ended = self.run(*argv, "--format", "json", machine=machine)
        said = self.said(machine)
        return {**json.JSONDecoder().raw_decode(said[said.index("{") :])[0], "code": ended.code}

    def indexes(self) -> Indexes:
        return {
            name: {one["name"]: dict(one) for one in self.db[name].list_indexes()}
            for name in sorted(self.db.list_collection_names())
            if name != OWN
        }

    def lacks(self) -> list[Any]:
        """What a moment must not lack."""
        there = [one for one in self.indexes()["c"].values() if not one.get("hidden")]
        found = [
            fields
            for fields in self.story.covered
            if not any(tuple(one["key"])[: len(fields)] == fields for one in there)
        ]
        guarded = any(
            next(iter(one["key"])) == "a" and (one.get("unique") or one.get("prepareUnique"))
            for one in self.indexes()["c"].values()
        )
        return [*found, *(["unique"] if self.story.unique and not guarded else [])]

    def end_the_lease(self) -> None:
        """As if the machine that held the lock had been silent for long enough."""
        change = [{"$set": {"until": {"$add": ["$$NOW", -1000]}}}]
        self.db[OWN].update_one({"_id": "lock"}, change)

    def locked(self) -> bool:
        return bool(self.db[OWN].count_documents({"_id": "lock"}))


def stage(
    folder: Path, mongo: Secret, client: MongoClient[Any], killer: Killer, story: Story, name: str
) -> Stage:
    """A project that declares what the story does."""
    root = folder / "store"
    project(root, with_database(mongo, name))
    (root / "indexes.yaml").write_text(story.declared)
    return Stage(root=root, name=name, client=client, killer=killer, story=story)


def journals(report: Mapping[str, Any]) -> list[str]:
    """Those that are not over."""
    return [one["id"] for one in report["facts"]["journals"] if one["standing"] not in OVER]
