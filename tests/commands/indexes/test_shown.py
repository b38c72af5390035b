"""What somebody sees at a terminal of eighty columns, and can type from there."""

from bson import ObjectId

from skillconnect_ops.commands.indexes.difference import Row, Standing
from skillconnect_ops.commands.indexes.shown import table
from skillconnect_ops.core.indexes import Index, Keys
from skillconnect_ops.core.ports.indexes import CollectionFigures, FoundIndex
from skillconnect_ops.terminal.draw import draw
from skillconnect_ops.terminal.streams import Screen
from tests.commands.indexes.store import Store

LONG: Keys = (("requester", 1), ("status", 1), ("createdAt", -1))


def row(index: Index) -> Row:
    found = FoundIndex(index=index, exact="")
    return Row(collection="servicerequests", standing=Standing.IN_PLACE, found=found)


def test_the_status_has_a_line_for_each_index_and_its_name_where_somebody_chose_one() -> None:
    derived = Index(keys=LONG, name="requester_1_status_1_createdAt_-1")
    chosen = Index(keys=(("a", 1),), name="mine", unique=True)
    figures = {"servicerequests": CollectionFigures()}
    text = draw(table([row(derived), row(chosen)], figures), screen=Screen(width=80, colour=False))
    heads = text.splitlines()[1]
    assert heads.split() == ["collection", "index", "stands", "size", "used", "since"]
    assert "requester_1" not in text
    assert "{requester: 1, status: 1" in text
    assert "mine {a: 1} unique" in text
    assert max(map(len, text.splitlines())) <= 80


def test_a_dry_run_ends_with_the_command_that_carries_it_out(store: Store) -> None:
    store.db.c.create_index("a")
    store.declare("c: []\n")
    ran = store.skc("indexes", "--dry-run", "--prune-used", "--observe", "1d", cwd=store.root)
    assert "next: skc indexes --prune-used --observe 1d --yes" in ran.stderr
    assert "hide c.a_1" in ran.stderr


def test_all_documents_of_a_value_can_be_found_without_its_being_shown(store: Store) -> None:
    first, second = ObjectId(), ObjectId()
    store.db.c.insert_many([{"_id": one, "d": {"e": "secret"}} for one in (first, second)])
    store.declare("c:\n  - keys: {d.e: 1, f: 1}\n    unique: true\n")
    ran = store.skc("indexes", "--yes", cwd=store.root)
    assert ran.code == 4
    said = " ".join((ran.stdout + ran.stderr).split())
    assert (
        f'd = db.getCollection("c").findOne({{_id: EJSON.deserialize({{"$oid": "{first}"}})}}); '
        'db.getCollection("c").find({"d.e": d?.["d"]?.["e"] ?? null, "f": d?.["f"] ?? null})'
    ) in said
    assert "secret" not in said
