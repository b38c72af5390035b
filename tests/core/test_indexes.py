"""An index says its keys, its options and its name as MongoDB does."""

import pytest

from skillconnect_ops.core.indexes import Index, Keys


@pytest.mark.parametrize(
    ("keys", "name"),
    [
        ((("a", 1),), "a_1"),
        ((("a", 1), ("b", -1)), "a_1_b_-1"),
        ((("a", 1.0),), "a_1"),
        ((("a.b", "text"), ("$**", "text")), "a.b_text_$**_text"),
        ((("place", "2dsphere"), ("n", -1)), "place_2dsphere_n_-1"),
        ((("a", "hashed"),), "a_hashed"),
    ],
)
def test_a_name_is_made_as_mongodb_makes_it(keys: Keys, name: str) -> None:
    assert Index(keys=keys).called == name


def test_options_have_the_server_s_names_and_leave_defaults_out() -> None:
    index = Index(
        keys=(("a", 1),),
        unique=True,
        expire_after_s=60,
        partial_filter={"a": {"$gt": 1}},
        sphere_version=3,
        other={"odd": 1},
    )
    assert index.options() == {
        "unique": True,
        "expireAfterSeconds": 60,
        "partialFilterExpression": {"a": {"$gt": 1}},
        "2dsphereIndexVersion": 3,
        "odd": 1,
    }
    assert index.declared()["keys"] == {"a": 1}


def test_a_person_reads_it_in_one_line() -> None:
    assert Index(keys=(("a", 1), ("b", -1)), unique=True).says() == "{a: 1, b: -1} unique"
    assert Index(keys=(("a", 1),)).says() == "{a: 1}"
