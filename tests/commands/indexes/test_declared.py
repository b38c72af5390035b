"""`indexes.yaml` is read with its lines, and what a server would refuse is refused with them."""

import json

import jsonschema_rs
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from skillconnect_ops.commands.indexes.declared import OPTIONS, read
from skillconnect_ops.commands.indexes.schema import json_schema
from skillconnect_ops.commands.indexes.wording import text_of
from skillconnect_ops.core.indexes import Declaration, Index
from skillconnect_ops.core.resources import template
from skillconnect_ops.core.settings.errors import SettingsInvalid
from tests.commands.indexes.store import Store
from tests.conftest import Skc

EVERYTHING = """\
# every option of createIndexes
users:
  - keys: {email: 1}
    unique: true
    name: by email
  - keys: {a.b: 1, c: -1}
    sparse: true
    hidden: true
  - keys: {at: 1}
    expireAfterSeconds: 3600
  - keys: {n: 1}
    partialFilterExpression: {n: {$gt: 3}, at: {$gt: 2020-01-01}}
    collation: {locale: sv, strength: 2}
  - keys: {title: text, body: text}
    weights: {title: 10, body: 2}
    default_language: swedish
    language_override: lang
    textIndexVersion: 3
  - keys: {place: 2dsphere}
    2dsphereIndexVersion: 3
  - keys: {flat: 2d}
    bits: 20
    min: -90.5
    max: 90
  - keys: {h: hashed}
  - keys: {$**: 1}
    wildcardProjection: {secret: 0}
    storageEngine: {wiredTiger: {configString: ""}}
    v: 2
empty:
also_empty: []
ordered:
  - keys: {_id: 1}
    clustered: true
"""
WRONG = [
    ("c:\n  - keys: {a: 1}\n    uniqe: true\n", 3, "did you mean unique?"),
    ("c:\n  - keys: {a: 2z}\n", 2, "a must be 1, -1"),
    ("c:\n  - keys: {a: 0}\n", 2, "a must be 1, -1"),
    ("c:\n  - keys: {a: true}\n", 2, "a must be 1, -1"),
    ("c:\n  - keys: {}\n", 2, "names no field"),
    ("c:\n  - unique: true\n", 2, "has no keys"),
    ("c: {keys: {a: 1}}\n", 1, "must be a list"),
    ("- c\n", 1, "must be names and values"),
    ("c:\n  - keys: {a: 1}\n    unique: 1\n", 3, "unique must be true or false"),
    ("c:\n  - keys: {a: 1}\n    name: 5\n", 3, "name must be a text"),
    ("c:\n  - keys: {a: 1}\n    expireAfterSeconds: 1h\n", 3, "must be a number"),
    ("c:\n  - keys: {a: 1}\n    expireAfterSeconds: -1\n", 3, "must be 0 to"),
    ("c:\n  - keys: {a: 1, b: 1}\n    expireAfterSeconds: 5\n", 3, "only an index of one field"),
    ("c:\n  - keys: {a: 1}\n  - keys: {a: 1}\n", 3, "stands here twice"),
    ("c:\n  - keys: {a: 1}\n  - keys: {a: 1.0}\n    hidden: true\n", 3, "stands here twice"),
    ("c:\n  - keys: {a: 1}\n  - keys: {b: 1}\n    name: a_1\n", 4, "are called a_1"),
    ("c:\n  - keys: {a: text}\n  - keys: {b: text}\n", 3, "a second text index"),
    ("c:\n  - keys: {a: 1}\n    weights: {a: 1}\n", 3, "weights is for text indexes"),
    ("c:\n  - keys: {a: hashed}\n    unique: true\n", 3, "cannot be unique"),
    ("c:\n  - keys: {a: 1}\n    sparse: true\n    partialFilterExpression: {a: 1}\n", 3, "exclude"),
    ("c:\n  - keys: {_id: -1}\n", 2, "always {_id: 1}"),
    ("c:\n  - keys: {a: 1}\n    collation: {strength: 2}\n", 3, "needs a locale"),
    ("c:\n  - keys: {a.$**: 1}\n    wildcardProjection: {b: 1}\n", 3, "on $** itself"),
    ("c:\n  - keys: {a: 1, a: -1}\n", 2, "twice"),
    ("c: []\nc: []\n", 2, "twice"),
    ("system.users: []\n", 1, "no collection of yours"),
    ("c: [\n", 2, "not YAML"),
    ("c:\n\t- a\n", 2, "not YAML"),
    ("c: &x []\nd: *x\n", 1, "anchors"),
    ("c:\n" + "".join(f"  - keys: {{a{n}: 1}}\n" for n in range(64)), 65, "more than 63"),
]
IN_DEPTH = [
    ("c:\n  - keys:\n      a: 1\n      b..c: 1\n", 4, '"b..c" is no field'),
    (
        "c:\n  - keys: {a: 1}\n    collation:\n      locale: en\n      strenght: 2\n",
        5,
        "did you mean strength?",
    ),
    (
        "c:\n  - keys: {a: 1}\n    partialFilterExpression:\n      $or:\n      - {d: {$ne: 2}}\n",
        5,
        "$ne is not for a partial index",
    ),
    (
        "c:\n  - keys: {$**: 1}\n    wildcardProjection:\n      a: {b: 1}\n      c: 0\n",
        5,
        "1 and 0 are mixed",
    ),
    (
        "c:\n  - keys: {a: 1}\n    partialFilterExpression:\n      b: 1\n      c: .inf\n",
        5,
        "no index can hold this value",
    ),
    ("c:\n  - keys: {a: 1}\n    partialFilterExpression: {b: !odd 1}\n", 3, "cannot be read"),
    ("c:\n  - keys: {a: 1}\n    partialFilterExpression: {b: !!binary aGk=}\n", 3, "cannot be"),
    ("c:\n  - keys: {a: 1}\n    partialFilterExpression: {b: 1, b: 2}\n", 3, "twice"),
    *(
        (f"c:\n  - keys: {{a: 1}}\n    partialFilterExpression:\n      b: {value}\n", 4, "can hold")
        for value in (
            "12345678901234567890",
            "{$numberLong: '12345678901234567890'}",
            "{$numberLong: 5}",
            "{$numberDouble: many}",
            "{$date: yesterday}",
            "{$date: {$numberLong: x}}",
            "{$oid: abc}",
            "{$uuid: abc}",
            "{$binary: {base64: '!', subType: '00'}}",
            "{$timestamp: {t: -1, i: 1}}",
            "{$minKey: 2}",
        )
    ),
    *(
        (f"c:\n  - keys:\n      a: {value}\n", 3, "can hold")
        for value in (".inf", ".nan", "12345678901234567890")
    ),
    ("c:\n  - keys: {a: 2d}\n    min: .nan\n", 3, "can hold"),
    ("c:\n  - keys: {a: 1}\n    name: skc_guard_mine\n", 3, "skc's own"),
    (f"{'k' * 254}: []\n", 1, "is too long"),
    (".x: []\n", 1, "no collection of yours"),
    ("skc_indexes: []\n", 1, "no collection of yours"),
]
SYNTAX_OR_TOGETHER = ("twice", "called", "second", "not YAML", "anchors", "more than")


def test_every_option_of_an_index_is_read() -> None:
    found = read(EVERYTHING, file="indexes.yaml")
    assert len(found) == 10
    assert found[0] == Declaration(
        collection="users",
        index=Index(keys=(("email", 1),), unique=True, name="by email"),
        path="indexes.yaml",
        line=3,
    )
    assert found[1].index.keys == (("a.b", 1), ("c", -1))
    assert found[3].index.partial_filter == {
        "n": {"$gt": 3},
        "at": {"$gt": {"$date": "2020-01-01T00:00:00Z"}},
    }
    assert found[-1].index.clustered


@pytest.mark.parametrize(("text", "line", "what"), [*WRONG, *IN_DEPTH])
def test_what_is_wrong_is_told_with_its_line(text: str, line: int, what: str) -> None:
    with pytest.raises(SettingsInvalid) as caught:
        read(text, file="indexes.yaml")
    assert f"indexes.yaml line {line}:" in caught.value.what
    assert what in caught.value.what


def test_all_that_is_wrong_is_told_at_once_each_with_its_line() -> None:
    text = """\
a:
  - keys: {x: 1}
    uniqe: true
    sparse: 5
  - keys: {y: 2z}
  - keys: {z: 1}
b:
  - keys: {q: 1}
    collation: {locale: xx, strength: 9}
  - keys: {r: 1}
  - keys: {r: 1}
$c: []
"""
    with pytest.raises(SettingsInvalid) as caught:
        read(text, file="indexes.yaml")
    error = caught.value
    assert error.what == "indexes.yaml has 7 mistakes"
    assert error.fix == "correct lines 3, 4, 5, 9, 11 and 12 of indexes.yaml"
    told = [f"line {one['line']}" for one in error.facts["mistakes"]]
    assert [line.partition(":")[0] for line in error.why.splitlines()] == told
    assert told == ["line 3", "line 4", "line 5", "line 9", "line 9", "line 11", "line 12"]


@pytest.mark.parametrize(
    ("data", "line"),
    [
        ("a: []\nmüde: []\n".encode("latin-1"), 2),
        ("a: []\n".encode("utf-16"), 1),
    ],
)
def test_a_file_that_is_not_utf8_is_told_with_its_line(
    store: Store, data: bytes, line: int
) -> None:
    (store.root / "indexes.yaml").write_bytes(data)
    for command in ("status", "import", "advise"):
        ran = store.run("indexes", command)
        assert ran.code == 4
        assert ran.json["error"]["what"] == f"indexes.yaml line {line}: this is not UTF-8"
        assert "iconv -f " in ran.json["error"]["fix"]


@given(st.text())
def test_no_text_makes_it_fall_over(text: str) -> None:
    try:
        read(text, file="x")
    except SettingsInvalid:
        return


def test_what_is_written_is_read_back() -> None:
    found = read(EVERYTHING, file="x")
    assert [one.index for one in read(text_of(found), file="x")] == [one.index for one in found]


def test_the_schema_takes_what_is_read() -> None:
    schema = json_schema()
    jsonschema_rs.meta.validate(schema)
    for text in (EVERYTHING, template("skillconnect/indexes.yaml"), ""):
        jsonschema_rs.validate(schema, _json(text))


@pytest.mark.parametrize(
    "text",
    [
        text
        for text, _, what in WRONG[:13]
        if not any(word in what for word in (*SYNTAX_OR_TOGETHER, "only an index"))
    ],
)
def test_the_schema_refuses_what_is_wrong_in_one_place(text: str) -> None:
    with pytest.raises(jsonschema_rs.ValidationError):
        jsonschema_rs.validate(json_schema(), _json(text))


def test_the_schema_is_printed(skc: Skc) -> None:
    ran = skc("indexes", "schema")
    assert ran.code == 0
    assert json.loads(ran.stdout) == json_schema()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["a", "a.b", "$or", "$in", "$type", "$gt", "$date", "$oid", "$numberLong", "locale"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)


@given(st.sampled_from(OPTIONS), JSON, st.sampled_from(["{a: 1}", "{a: text}", "{$**: 1}"]))
def test_no_value_of_an_option_makes_it_fall_over(name: str, value: object, keys: str) -> None:
    text = f"c:\n  - keys: {keys}\n" + yaml.safe_dump({name: value}).replace("\n", "\n    ")
    try:
        read(text if name == "keys" else text.replace(f"\n{name}", f"\n    {name}"), file="x")
    except SettingsInvalid:
        return


def _json(text: str) -> object:
    return json.loads(json.dumps(yaml.safe_load(text), default=str))
