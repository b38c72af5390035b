"""What is said to stand in the way of a unique index is what the server says, value by value."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import bson
import pytest
from bson import Binary, Int64, MinKey, Regex, Timestamp
from bson.decimal128 import Decimal128
from bson.son import SON
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymongo import MongoClient
from pymongo.errors import DuplicateKeyError, OperationFailure

from skillconnect_ops.adapters.mongo.connection import Connection
from skillconnect_ops.adapters.mongo.duplicates import duplicates
from skillconnect_ops.adapters.mongo.index_words import index_of
from skillconnect_ops.core.ports.indexes import Duplicates

Documents = Sequence[Mapping[str, Any]]
NAN = float("nan")
OVER_5 = {"partialFilterExpression": {"n": {"$gt": 5}}}
NO_CASE = {"collation": {"locale": "en", "strength": 2}}
SPARSE = {"sparse": True}

ONE_FIELD: dict[str, tuple[Documents, dict[str, Any]]] = {
    "the same": ([{"a": 1}, {"a": 1}], {}),
    "others": ([{"a": 1}, {"a": 2}], {}),
    "missing twice": ([{"b": 1}, {"b": 2}], {}),
    "null and missing": ([{"a": None}, {"b": 2}], {}),
    "sparse, missing twice": ([{"b": 1}, {"b": 2}], SPARSE),
    "sparse, null twice": ([{"a": None}, {"a": None}], SPARSE),
    "partial, one outside": ([{"a": 1, "n": 1}, {"a": 1, "n": 9}], OVER_5),
    "partial, both inside": ([{"a": 1, "n": 7}, {"a": 1, "n": 9}], OVER_5),
    "collation": ([{"a": "x"}, {"a": "X"}], NO_CASE),
    "no collation": ([{"a": "x"}, {"a": "X"}], {}),
    "collation within": ([{"a": {"z": "x"}}, {"a": {"z": "X"}}], NO_CASE),
    "arrays that share": ([{"a": [1, 2]}, {"a": [2, 3]}], {}),
    "array and scalar": ([{"a": [1, 2]}, {"a": 2}], {}),
    "twice in one array": ([{"a": [1, 1]}, {"a": [2]}], {}),
    "null twice in one array": ([{"a": [None, None]}], {}),
    "empty array and null": ([{"a": []}, {"a": None}], {}),
    "empty array and missing": ([{"a": []}, {"b": 1}], {}),
    "empty arrays": ([{"a": []}, {"a": []}], {}),
    "null in an array and missing": ([{"a": [None]}, {"b": 1}], {}),
    "arrays in arrays": ([{"a": [[1, 2]]}, {"a": [[1, 2]]}], {}),
    "arrays in arrays that share": ([{"a": [[1, 2]]}, {"a": [[2, 3]]}], {}),
    "array in array and scalar": ([{"a": [[1]]}, {"a": 1}], {}),
    "array in array and array": ([{"a": [[1]]}, {"a": [1]}], {}),
    "arrays, collation": ([{"a": ["x", "y"]}, {"a": ["X"]}], NO_CASE),
    "not a number": ([{"a": NAN}, {"a": NAN}], {}),
    "int and double": ([{"a": 1}, {"a": 1.0}], {}),
    "int and long": ([{"a": 1}, {"a": Int64(1)}], {}),
    "int and decimal": ([{"a": 1}, {"a": Decimal128("1.00")}], {}),
    "both zeros": ([{"a": 0.0}, {"a": -0.0}], {}),
    "true and one": ([{"a": True}, {"a": 1}], {}),
    "other order": ([{"a": SON([("x", 1), ("y", 2)])}, {"a": SON([("y", 2), ("x", 1)])}], {}),
    "same within": ([{"a": {"x": 1}}, {"a": {"x": 1.0}}], {}),
    "empty documents": ([{"a": {}}, {"a": {}}], {}),
    "binary of two kinds": ([{"a": Binary(b"x", 0)}, {"a": Binary(b"x", 5)}], {}),
    "least key": ([{"a": MinKey()}, {"a": MinKey()}], {}),
    "patterns": ([{"a": Regex("x")}, {"a": Regex("x")}], {}),
    "timestamps": ([{"a": Timestamp(1, 1)}, {"a": Timestamp(1, 1)}], {}),
    "our own marks": ([{"a": {"e": 1}}, {"a": []}, {"a": {"m": 1}}, {"b": 1}], {}),
}
A_PATH: dict[str, tuple[Documents, dict[str, Any]]] = {
    "the same": ([{"d": {"e": 1}}, {"d": {"e": 1}}], {}),
    "arrays that share": ([{"d": [{"e": 1}, {"e": 2}]}, {"d": [{"e": 2}]}], {}),
    "twice in one array": ([{"d": [{"e": 1}, {"e": 1}]}, {"d": [{"e": 2}]}], {}),
    "lacking and missing": ([{"d": [{"e": 1}, {}]}, {"x": 1}], {}),
    "lacking twice": ([{"d": [{"e": 1}, {}]}, {"d": [{"e": 2}, {}]}], {}),
    "empty array and missing": ([{"d": []}, {"x": 1}], {}),
    "empty arrays": ([{"d": []}, {"d": []}], {}),
    "arrays below arrays": ([{"d": [{"e": [1, 2]}, {"e": [2]}]}, {"d": {"e": 2}}], {}),
    "arrays in arrays below": ([{"d": {"e": [[1, 2]]}}, {"d": {"e": [[2]]}}], {}),
    "array in array and scalar": ([{"d": [{"e": [[1]]}]}, {"d": {"e": 1}}], {}),
    "scalar above and missing": ([{"d": 5}, {"x": 1}], {}),
    "scalars above and missing": ([{"d": [5, 6]}, {"x": 1}], {}),
    "scalars above twice": ([{"d": [5, 6]}, {"d": [7]}], {}),
    "mixed above and missing": ([{"d": [5, {"e": 1}]}, {"x": 1}], {}),
    "empty arrays below": ([{"d": [{"e": []}]}, {"d": {"e": []}}], {}),
    "empty array below and missing": ([{"d": [{"e": []}]}, {"x": 1}], {}),
    "null above and missing": ([{"d": None}, {"x": 1}], {}),
    "array in array above": ([{"d": [[{"e": 1}]]}, {"x": 1}], {}),
    "array in array above and within": ([{"d": [[{"e": 1}]]}, {"d": {"e": 1}}], {}),
    "sparse, lacking twice": ([{"d": [{"e": 1}, {}]}, {"d": [{"e": 2}, {}]}], SPARSE),
    "sparse, empty arrays": ([{"d": []}, {"d": []}], SPARSE),
    "sparse, scalars": ([{"d": [5]}, {"d": [6]}], SPARSE),
}
A_PLACE: dict[str, tuple[Documents, dict[str, Any]]] = {
    "the same": ([{"d": [1, 2]}, {"d": [1, 3]}], {}),
    "others": ([{"d": [1, 2]}, {"d": [2, 1]}], {}),
    "empty array and missing": ([{"d": []}, {"x": 1}], {}),
    "a name and a place": ([{"d": {"0": 1}}, {"d": [1]}], {}),
}
TWO_FIELDS: dict[str, tuple[Documents, dict[str, Any]]] = {
    "the same": ([{"a": 1, "b": 1}, {"a": 1, "b": 1}], {}),
    "others": ([{"a": 1, "b": 1}, {"a": 1, "b": 2}], {}),
    "one is missing": ([{"a": 1}, {"a": 1}], {}),
    "sparse, both are missing": ([{"x": 1}, {"x": 1}], SPARSE),
    "sparse, one is missing": ([{"a": 1}, {"a": 1}], SPARSE),
    "array": ([{"a": [1, 2], "b": 1}, {"a": 2, "b": 1}], {}),
    "array, others": ([{"a": [1, 2], "b": 1}, {"a": 2, "b": 2}], {}),
    "an array in each": ([{"a": [1, 2], "b": 1}, {"a": 2, "b": [1, 3]}], {}),
}
FROM_ONE_ARRAY: dict[str, tuple[Documents, dict[str, Any]]] = {
    "others": ([{"d": [{"e": 1, "f": 1}, {"e": 2, "f": 2}]}, {"d": [{"e": 1, "f": 2}]}], {}),
    "the same": ([{"d": [{"e": 1, "f": 1}, {"e": 2, "f": 2}]}, {"d": [{"e": 2, "f": 2}]}], {}),
}
TABLES = {
    ("a",): ONE_FIELD,
    ("d.e",): A_PATH,
    ("d.0",): A_PLACE,
    ("a", "b"): TWO_FIELDS,
    ("d.e", "d.f"): FROM_ONE_ARRAY,
}


@pytest.fixture(scope="module")
def opened(one_node: Any) -> Iterator[Connection]:
    connection = Connection(one_node.uri).open()
    yield connection
    connection.close()


def put(client: MongoClient[Any], database: str, documents: Documents) -> None:
    client[database].drop_collection("c")
    client[database].create_collection("c")
    if documents:
        client[database]["c"].insert_many({**one, "_id": n} for n, one in enumerate(documents))


def asked(
    opened: Connection, database: str, fields: Sequence[str], options: dict[str, Any]
) -> Duplicates:
    keys = SON((name, 1) for name in fields)
    raw = bson.encode(SON([("v", 2), ("key", keys), ("name", "i"), ("unique", True)]) | options)
    return duplicates(opened, database, "c", index_of(raw), most=5)


def refused(
    client: MongoClient[Any], database: str, fields: Sequence[str], options: Mapping[str, Any]
) -> bool:
    """Whether the server does not build it for duplicates."""
    keys = [(name, 1) for name in fields]
    try:
        client[database]["c"].create_index(keys, unique=True, name="i", **options)
    except DuplicateKeyError:
        return True
    return False


@pytest.mark.parametrize(
    ("fields", "name"),
    [(fields, name) for fields, table in TABLES.items() for name in table],
    ids=lambda one: one if isinstance(one, str) else "+".join(one),
)
def test_the_server_is_of_the_same_opinion(
    opened: Connection, client: MongoClient[Any], database: str, fields: tuple[str], name: str
) -> None:
    documents, options = TABLES[fields][name]
    put(client, database, documents)
    found = asked(opened, database, fields, options)
    assert bool(found.groups) == refused(client, database, fields, options)
    assert bool(found.first) == bool(found.groups)


LEAVES = st.sampled_from((None, 0, 1, "x", "X"))
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=2),
        st.dictionaries(st.sampled_from(("e", "f", "0")), inner, max_size=2),
    ),
    max_leaves=4,
)
DOCUMENTS = st.lists(
    st.dictionaries(st.sampled_from(("a", "d")), VALUES, max_size=2), min_size=2, max_size=3
)
FIELDS = st.sampled_from((("a",), ("d.e",), ("d.e.f",), ("a", "d.e"), ("d.e", "d.f")))
OPTIONS: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    ({}, SPARSE, NO_CASE, {"partialFilterExpression": {"a": 1}})
)


def compare(
    opened: Connection,
    client: MongoClient[Any],
    database: str,
    documents: Documents,
    fields: tuple[str, ...],
    options: dict[str, Any],
) -> None:
    put(client, database, documents)
    try:
        wanted = refused(client, database, fields, options)
    except OperationFailure:
        return  # arrays in parallel, and the like
    assert bool(asked(opened, database, fields, options).groups) == wanted


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(DOCUMENTS, FIELDS, OPTIONS)
def test_the_server_is_of_the_same_opinion_of_any_documents(
    opened: Connection,
    client: MongoClient[Any],
    database: str,
    documents: Documents,
    fields: tuple[str, ...],
    options: dict[str, Any],
) -> None:
    compare(opened, client, database, documents, fields, options)


@pytest.mark.long
@pytest.mark.timeout(3000)
@settings(max_examples=3000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(DOCUMENTS, FIELDS, OPTIONS)
def test_the_server_is_of_the_same_opinion_of_a_great_many_documents(
    opened: Connection,
    client: MongoClient[Any],
    database: str,
    documents: Documents,
    fields: tuple[str, ...],
    options: dict[str, Any],
) -> None:
    compare(opened, client, database, documents, fields, options)
