"""Whether two URIs lead to one deployment: told from their text alone."""

import pytest

from skillconnect_ops.adapters.mongo import parse, same_place
from skillconnect_ops.core.secret import Secret

MAP = {"mongo1:27017": "127.0.0.1:27018"}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("mongodb://a/x", "mongodb://u:p@A:27017/admin", True),
        ("mongodb://a,b/x", "mongodb://b,c/x", True),
        ("mongodb://a/x", "mongodb://b/x", False),
        ("mongodb://a:1/x", "mongodb://a:2/x", False),
        ("mongodb://localhost/x", "mongodb://127.0.0.1/x", True),
        ("mongodb://[::1]/x", "mongodb://127.0.0.1/x", True),
        ("mongodb://127.0.0.1.example/x", "mongodb://127.0.0.1/x", False),
        ("mongodb://mongo1/x", "mongodb://localhost:27018/x", True),
        ("mongodb://a/?replicaSet=r", "mongodb://a/?replicaSet=s", False),
        ("mongodb://a/?replicaSet=r", "mongodb://a/", True),
        ("mongodb+srv://c.example.net/", "mongodb+srv://C.example.net/", True),
        ("mongodb+srv://c.example.net/", "mongodb+srv://d.example.net/", False),
        ("mongodb+srv://c.example.net/", "mongodb://c-shard-00.example.net/", None),
    ],
)
def test_two_uris(one: str, other: str, same: bool | None) -> None:
    first, second = parse(Secret(one)), parse(Secret(other))
    assert same_place(first, second, MAP) is same
    assert same_place(second, first, MAP) is same
