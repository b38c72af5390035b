"""What is read out of Mongoose code is what Mongoose itself makes of it."""

from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from skillconnect_ops.code.indexes import FoundIndexes, indexes
from skillconnect_ops.code.mongoose_options import seconds
from skillconnect_ops.code.plurals import collection_of
from skillconnect_ops.core.indexes import ID_INDEX
from skillconnect_ops.core.secret import Secret
from tests.code.indexed import HEAD, MONGOOSE, Random, ask, fitting, of_mongoose, ours
from tests.npm import install
from tests.programs import needs

EVENTS = """
const { mongoose, Schema } = require("./connected.cjs");
function traced(schema, options = {}) {
  schema.add({ removedAt: { type: Date, index: true, sparse: true } });
  schema.index({ [options.by || "tenant"]: 1, removedAt: -1 });
}
const event = new Schema(
  {
    at: { type: Date, expires: "7d" },
    sort: String,
    tag: { type: String, unique: true, alias: "t" },
  },
  { discriminatorKey: "sort", collection: "happenings", collation: { locale: "de", strength: 2 } },
);
event.plugin(traced, { by: "owner" });
event.index({ t: 1, at: -1 });
event.path("sort").index({ name: "by_sort" });
const Event = mongoose.model("Event", event);
const click = new Schema({
  url: { type: String, unique: true },
  n: { type: Number, index: -1 },
});
Event.discriminator("Click", click);
const view = new Schema({ page: { type: String, sparse: true, index: true } });
Event.discriminator("View", view, "seen");
const place = new Schema({
  zip: { type: String, index: true },
  geo: { type: { type: String }, coordinates: [Number] },
});
place.index({ geo: "2dsphere" });
place.index({ zip: 1, open: 1 }, { partialFilterExpression: { open: true } });
const person = new Schema({
  home: place,
  others: [place],
  first: { type: String, index: { name: "full" } },
  last: { type: String, index: { name: "full" } },
  words: { type: String, text: true },
  hash: { type: String, index: "hashed" },
}, { timestamps: true });
person.index({ "home.zip": 1, createdAt: -1 });
const Person = mongoose.model("Person", person);
"""


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which Node finds Mongoose, shared by all workers of this test run."""
    return install(tmp_path_factory.getbasetemp().parent / "mongoose", MONGOOSE)


@pytest.fixture
def folder(packages: Path, tmp_path: Path) -> Path:
    """A folder of this test, with Mongoose."""
    (tmp_path / "node_modules").symlink_to(packages / "node_modules")
    (tmp_path / "app").mkdir()
    return tmp_path


def read(folder: Path, text: str) -> FoundIndexes:
    (folder / "app" / "models.cjs").write_text(text)
    return indexes(folder / "app", ["models.cjs"])


@pytest.mark.parametrize("seed", range(6))
def test_random_schemas_have_the_indexes_that_mongoose_says(folder: Path, seed: int) -> None:
    node = needs("node")
    body = "\n".join(fitting(node, folder, Random(seed).blocks(30)))
    real = of_mongoose(node, folder, body)
    found = read(folder, HEAD + body)
    assert len(real) > 30
    assert {ours(one.collection, one.index) for one in found.declared} == real
    assert all("no model was found" in one.reason for one in found.unresolved)


def test_a_server_gets_from_mongoose_what_was_read(
    folder: Path, client: MongoClient[Any], database: str, mongo: Secret
) -> None:
    (folder / "connected.cjs").write_text(f"{HEAD}\nmodule.exports = {{ mongoose, Schema }};\n")
    uri = mongo.reveal()
    run = f"""
    (async () => {{
      await mongoose.connect({uri!r}, {{ dbName: "{database}" }});
      for (const name of mongoose.modelNames()) {{
        await mongoose.model(name).createCollection();
        await mongoose.model(name).ensureIndexes();
      }}
      console.log("true");
      process.exit(0);
    }})();
    """
    assert ask(needs("node"), folder, EVENTS + run) is True
    found = read(folder, EVENTS)
    for collection in ("happenings", "people"):
        there = {
            name: each
            for name, each in client[database][collection].index_information().items()
            if name != ID_INDEX
        }
        mine = {
            one.index.called: one.index for one in found.declared if one.collection == collection
        }
        assert set(mine) == set(there)
        for name, index in mine.items():
            told = there[name]
            assert index.unique == told.get("unique", False)
            assert index.sparse == told.get("sparse", False)
            assert index.expire_after_s == told.get("expireAfterSeconds")
            assert index.partial_filter == told.get("partialFilterExpression")
            assert (index.collation or {}).get("locale") == told.get("collation", {}).get("locale")
            if not index.is_text:
                assert list(index.keys) == [tuple(pair) for pair in told["key"]]
    assert {(one.path, one.line) for one in found.declared if "url" in one.index.fields} == {
        ("models.cjs", 20)
    }
    assert not found.unresolved


@pytest.mark.parametrize(
    ("model", "collection"),
    [
        ("ServiceRequest", "servicerequests"),
        ("Category", "categories"),
        ("Person", "people"),
        ("Status", "status"),
        ("Box", "boxes"),
        ("Day", "days"),
        ("system.profile", "system.profile"),
        ("v2", "v2"),
    ],
)
def test_a_model_s_collection_is_named_as_mongoose_names_it(model: str, collection: str) -> None:
    assert collection_of(model) == collection


def test_durations_are_those_of_the_package_ms() -> None:
    said = {"1h": 3600, "1.5 days": 129600, "90": 0, "2 weeks": 1209600, "1y": 31557600}
    assert {text: seconds(text) for text in said} == said
    assert seconds("soon") is None
