"""A build that fails on a document says what to change, and shows nobody the document."""

import secrets
from typing import Any

import pytest

from skillconnect_ops.adapters.mongo.said import without_values
from skillconnect_ops.commands.indexes.build_steps import CreateHandler
from tests.commands.indexes.store import Store

SECRET = f"Ada-{secrets.token_hex(8)}"
DOCUMENT: dict[str, Any] = {
    "name": SECRET,
    "beds": 0,
    "language": SECRET,
    "tags": [SECRET],
    "more": [1, 2],
    "point": [500, 500],
    "place": {"type": "Point", "coordinates": [SECRET, 1]},
    "odd": f'}} {SECRET} " {{',
}
FAIL = [
    ("{keys: {beds: 2dsphere}}", "has no place there", "partialFilterExpression"),
    ("{keys: {name: 2dsphere}}", "has no place there", "partialFilterExpression"),
    ("{keys: {place: 2dsphere}}", "has no place there", "partialFilterExpression"),
    ("{keys: {name: text}}", "none that the server knows", "language_override"),
    ("{keys: {name: text}, language_override: tags}", "another meaning", "language_override"),
    ("{keys: {tags: 1, more: 1}}", "arrays in two", "take one of the fields out"),
    ("{keys: {tags: hashed}}", "an array there", "write 1"),
    ("{keys: {point: 2d}}", "outside of min and max", "set them"),
    ("{keys: {place: 2d}}", "no pair of numbers", "partialFilterExpression"),
]


@pytest.mark.parametrize(("entry", "why", "fix"), FAIL)
def test_a_build_that_fails_on_a_document_names_line_and_mend_and_shows_no_document(
    store: Store, entry: str, why: str, fix: str
) -> None:
    store.db.c.insert_one(DOCUMENT)
    store.declare(f"c:\n  - keys: {{a: 1}}\n  - {entry}\n")
    ran = store.run("indexes", "--yes")
    assert ran.code == 5
    error = ran.json["error"]
    assert why in error["why"]
    assert fix in error["fix"]
    assert "indexes.yaml:3" in error["fix"]
    assert SECRET not in ran.stdout + ran.stderr
    journal = store.skc("journal", "show", ran.json["journal"], "--format", "json", cwd=store.root)
    assert why in journal.stdout
    assert SECRET not in journal.stdout + journal.stderr
    assert store.indexes() == {}


@pytest.mark.parametrize("entry", [entry for entry, *_ in FAIL])
def test_a_code_that_nobody_knows_shows_no_document_either(
    store: Store, monkeypatch: pytest.MonkeyPatch, entry: str
) -> None:
    monkeypatch.setattr("skillconnect_ops.commands.indexes.refused.CODES", {})
    store.db.c.insert_one(DOCUMENT)
    store.declare(f"c:\n  - {entry}\n")
    ran = store.run("indexes", "--yes")
    assert ran.code == 5
    assert ran.json["error"]["fix"] == "change indexes.yaml:2, or take it out"
    assert SECRET not in ran.stdout + ran.stderr


def test_the_document_is_shown_on_request(store: Store) -> None:
    store.db.c.insert_one(DOCUMENT)
    store.declare("c:\n  - keys: {beds: 2dsphere}\n")
    hidden = store.run("indexes", "--yes").json["error"]["why"]
    assert "--show-values" in hidden
    assert str(DOCUMENT["_id"]) in hidden
    shown = store.run("indexes", "--yes", "--show-values").json["error"]["why"]
    assert SECRET in shown


def test_duplicates_that_come_while_it_is_built_are_not_shown_either(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.db.c.insert_one({"email": SECRET})
    store.declare("c:\n  - {keys: {email: 1}, unique: true, collation: {locale: sv}}\n")
    real = CreateHandler.apply

    def apply(self: CreateHandler, *given: Any) -> Any:
        store.db.c.insert_one({"email": SECRET})
        return real(self, *given)

    monkeypatch.setattr(CreateHandler, "apply", apply)
    ran = store.run("indexes", "--yes")
    assert ran.code == 5
    assert SECRET not in ran.stdout + ran.stderr
    assert SECRET.encode().hex() not in ran.stdout
    assert ran.json["error"]["fix"].startswith("skc indexes ")


@pytest.mark.parametrize(
    ("said", "left"),
    [
        (
            "E11000 duplicate key error collection: d.c index: a_1 dup key: { a: 1 }",
            "E11000 duplicate key error collection: d.c index: a_1",
        ),
        (
            'index: n collation: { locale: "en" } dup key: { email: "0x4d31" }',
            "index: n",
        ),
        ('keys: { a: "}" } { b: 5 } and more', "keys: {…} and more"),
        ("language override unsupported: klingon", "language override unsupported: …"),
        (
            "geo element must be an array or object: beds: 0",
            "geo element must be an array or object: beds: …",
        ),
        ('name $eq "a" b "c\nd"', 'name $eq "…"'),
        ("cannot index parallel arrays [q] [p]", "cannot index parallel arrays [q] [p]"),
    ],
)
def test_the_server_s_words_are_left_without_values(said: str, left: str) -> None:
    assert without_values(said) == left
