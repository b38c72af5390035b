"""`skc indexes import`, and what `check --code` holds against it."""

from pathlib import Path

import pytest

from tests.commands.indexes.store import Store
from tests.conftest import Skc

MODEL = """\
const mongoose = require('mongoose');
const parcel = new mongoose.Schema({
  code: { type: String, unique: true },
  expiresAt: { type: Date, expires: '1h' },
});
parcel.index({ sender: 1, at: -1 });
module.exports = mongoose.model('Parcel', parcel);
"""
SCRIPT = """\
const Parcel = require('./parcel');
async function make(db) {
  await Parcel.collection.createIndex({ sender: 1, at: -1 });
  await db.collection('parcels').createIndex({ code: 1 });
  await db.collection(process.env.WHERE).createIndex({ code: 1 });
}
"""
WRITTEN = """\
# The indexes of this project, each with where it was found: collection -> list of indexes.
# `skc indexes` brings the database to this list; `skc indexes schema` is for editors.

parcels:
  # app/make.js:3, app/parcel.js:6
  - keys: {sender: 1, at: -1}
  # app/parcel.js:3
  - keys: {code: 1}
    unique: true
  # app/parcel.js:4
  - keys: {expiresAt: 1}
    expireAfterSeconds: 3600
"""


@pytest.fixture
def app(store: Store) -> Store:
    """A project with code that declares indexes."""
    (store.root / "app").mkdir()
    (store.root / "app" / "parcel.js").write_text(MODEL)
    return store


def script(store: Store) -> None:
    (store.root / "app" / "make.js").write_text(SCRIPT)


def test_code_becomes_a_file_that_can_be_applied_and_then_all_agree(app: Store) -> None:
    ran = app.run("indexes", "import", "--yes")
    assert ran.code == 0, ran.stderr
    assert ran.json["facts"]["written"]
    app.apply()
    assert app.indexes()["parcels"]["expiresAt_1"]["expireAfterSeconds"] == 3600
    checked = app.run("indexes", "check", "--code")
    assert checked.code == 0, checked.stdout
    again = app.run("indexes", "import", "--yes")
    assert (again.code, again.json["journal"], again.json["facts"]["written"]) == (0, None, False)


def test_places_conflicts_and_what_is_not_told_are_said(app: Store) -> None:
    script(app)
    ran = app.run("indexes", "import", "--dry-run")
    assert ran.code == 0, ran.stderr
    conflict = ran.json["facts"]["conflicts"]
    assert [(one["kept_at"], one["other_at"]) for one in conflict] == [
        ("app/make.js:4", "app/parcel.js:3")
    ]
    assert [one["subject"] for one in ran.json["unknown"]] == ["app/make.js:5"]
    assert "conflict in parcels" in ran.stderr
    assert not (app.root / "indexes.yaml").exists()


def test_the_file_says_where_each_was_found(app: Store) -> None:
    script(app)
    text = SCRIPT.replace("{ code: 1 })", "{ code: 1 }, { unique: true })", 1)
    (app.root / "app" / "make.js").write_text(text)
    app.run("indexes", "import", "--yes")
    expected = WRITTEN.replace("# app/parcel.js:3", "# app/make.js:4, app/parcel.js:3")
    assert (app.root / "indexes.yaml").read_text() == expected


def test_a_file_that_is_there_is_added_to_and_not_written_over(app: Store) -> None:
    ours = "# ours\nparcels:\n  - keys: {code: 1}\n    unique: true\n"
    app.declare(f"{ours}users:\n  - keys: {{a: 1}}\n")
    ran = app.run("indexes", "import")
    assert ran.code == 3  # nobody could be asked
    assert "# ours" in (app.root / "indexes.yaml").read_text()
    assert app.run("indexes", "import", "--yes").code == 0
    text = (app.root / "indexes.yaml").read_text()
    assert text.startswith(
        "# ours\nparcels:\n  - keys: {code: 1}\n    unique: true\n  # app/parcel"
    )
    assert "users:\n  - keys: {a: 1}\n" in text
    assert app.run("indexes", "import", "--replace", "--yes").code == 0
    text = (app.root / "indexes.yaml").read_text()
    assert "# ours" not in text
    assert "users" not in text
    assert text.count("# app/parcel.js:") == 3


def test_a_database_becomes_a_file_with_nothing_to_do(store: Store) -> None:
    db = store.db
    db.a.create_index([("x", 1), ("y", -1)], unique=True, name="mine")
    db.a.create_index("at", expireAfterSeconds=60)
    db.a.create_index([("t", "text"), ("u", "text")], weights={"u": 5})
    db.a.create_index([("g", "2dsphere")], sparse=True)
    db.a.create_index("p", partialFilterExpression={"q": {"$gt": 1}}, hidden=True)
    db.a.create_index([("$**", 1)], wildcardProjection={"z": 1})
    db.create_collection("b", collation={"locale": "de"})
    db.b.create_index("c")
    db.b.create_index("d", collation={"locale": "simple"})
    db.create_collection("ts", timeseries={"timeField": "at"})
    ran = store.run("indexes", "import", "--from", "database", "--yes")
    assert ran.code == 0, ran.stderr
    text = (store.root / "indexes.yaml").read_text()
    assert "name: mine" in text
    assert "v: 2" not in text
    assert text.count("collation") == 1  # what the collection itself compares by is not said again
    assert "# the database\n" in text
    assert store.run("indexes", "check").code == 0, store.run("indexes", "check").stdout
    assert store.apply()["journal"] is None


def test_without_code_the_database_is_asked(store: Store) -> None:
    store.db.a.create_index("x")
    assert store.run("indexes", "import", "--dry-run").json["facts"]["from"] == "database"


def test_both_are_merged(app: Store) -> None:
    app.db.parcels.create_index("code", unique=True)
    app.db.parcels.create_index("only_here")
    facts = app.run("indexes", "import", "--from", "both", "--dry-run").json["facts"]
    places = {str(one["index"]["keys"]): one["places"] for one in facts["indexes"]}
    assert places["{'code': 1}"] == ["app/parcel.js:3", "the database"]
    assert places["{'only_here': 1}"] == ["the database"]


def test_only_paths_that_are_named_are_looked_into(app: Store) -> None:
    script(app)
    ran = app.run("indexes", "import", "app/make.js", "--dry-run")
    assert {one["places"][0] for one in ran.json["facts"]["indexes"]} == {
        "app/make.js:3",
        "app/make.js:4",
    }
    assert app.run("indexes", "import", "nowhere").code == 2


def test_a_folder_without_skc_yaml_will_do(tmp_path: Path, skc: Skc) -> None:
    folder = tmp_path / "bare"
    folder.mkdir()
    (folder / "parcel.js").write_text(MODEL)
    assert skc("indexes", "import", "--yes", cwd=folder).code == 0
    assert "expireAfterSeconds: 3600" in (folder / "indexes.yaml").read_text()


def test_check_says_with_file_and_line_what_code_has_and_the_file_has_not(app: Store) -> None:
    app.declare("parcels:\n  - keys: {code: 1}\n  - keys: {sender: 1, at: -1}\n")
    app.apply()
    assert app.run("indexes", "check").code == 0
    ran = app.run("indexes", "check", "--code")
    assert ran.code == 11
    assert [(one["id"], one["path"], one["line"]) for one in ran.json["findings"]] == [
        ("index-otherwise-in-code", "app/parcel.js", 3),
        ("index-undeclared", "app/parcel.js", 4),
    ]
    assert "indexes.yaml:2" in ran.json["findings"][0]["message"]
