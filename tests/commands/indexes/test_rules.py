"""What the reader refuses a server refuses, and no more; a server is the judge of both."""

from typing import Any

import pytest
import yaml
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from skillconnect_ops.adapters.mongo import connect
from skillconnect_ops.commands.indexes.declared import read
from skillconnect_ops.core.indexes import Index
from skillconnect_ops.core.ports.database import CommandFailed
from skillconnect_ops.core.ports.indexes import Build
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.settings.errors import SettingsInvalid

REFUSED = [
    *(f"{{keys: {{{name}: 1}}}}" for name in ("''", "a.", ".a", "$a", "a.$b", "a..b", "$id")),
    "{keys: {a.$**.b: 1}}",
    "{keys: {$**.a: 1}}",
    "{keys: {$**: -1}}",
    "{keys: {$**: 2d}}",
    "{keys: {a.$**: text}}",
    "{keys: {a: text, b: 1, c: text}}",
    "{keys: {a: 2d, b: 2d}}",
    "{keys: {b: 1, a: 2d}}",
    "{keys: {a: 2dsphere, b: 2d}}",
    "{keys: {a: hashed, b: 2dsphere}}",
    "{keys: {a: text}, weights: {a: 0}}",
    "{keys: {a: text}, weights: {a: 100000}}",
    "{keys: {a: text}, weights: {a: heavy}}",
    "{keys: {a: text}, weights: {$c: 1}}",
    "{keys: {a: text}, language_override: a.b}",
    "{keys: {a: text}, default_language: germn}",
    "{keys: {a: text}, default_language: zh}",
    "{keys: {a: text}, textIndexVersion: 0}",
    "{keys: {a: 1}, v: 3}",
    "{keys: {a: 2d}, bits: 0}",
    "{keys: {a: 2d}, bits: 33}",
    "{keys: {a: 2d}, min: 5, max: -5}",
    "{keys: {a: 2d}, min: 180}",
    *(
        f"{{keys: {{$**: 1}}, wildcardProjection: {value}}}"
        for value in (
            "{}",
            "{a: {}}",
            "{a: 1, b: 0}",
            "{a: {b: 1}, c: 0}",
            "{a: x}",
            "{a: [1]}",
            "{a: null}",
            "{$a: 1}",
            "{'': 1}",
            "{a.b: 1, a: 1}",
        )
    ),
    *(
        f"{{keys: {{a: 1}}, collation: {{locale: {value}}}}}"
        for value in (
            "xx",
            "en_GB",
            "EN",
            "zh@collation=pinyin",
            "simple@collation=search",
            "de@kn=true",
            "en, strenght: 2",
            "en, strength: 9",
            "en, strength: 0",
            "en, strength: '2'",
            "en, caseLevel: 1",
            "en, caseFirst: x",
            "en, alternate: x",
            "en, backwards: true, strength: 1",
            "en, caseFirst: upper, strength: 2",
        )
    ),
    *(
        f"{{keys: {{a: 1}}, partialFilterExpression: {value}}}"
        for value in (
            "{n: {$regex: ^a}}",
            "{n: {$ne: 1}}",
            "{n: {$nin: [1]}}",
            "{n: {$not: {$gt: 1}}}",
            "{n: {$exists: false}}",
            "{n: {$exists: 0}}",
            "{n: {$type: strin}}",
            "{n: {$type: 99}}",
            "{n: {$size: 1}}",
            "{n: {$foo: 1}}",
            "{n: {$gt: 1, x: 1}}",
            "{n: {$in: 1}}",
            "{$and: []}",
            "{$or: [1]}",
            "{$nor: [{a: 1}]}",
            "{$foo: 1}",
            "{$where: '1'}",
            "{$and: [{a: {$mod: [2, 1]}}]}",
        )
    ),
    "{keys: {a: 1}, name: '*'}",
    "{keys: {a: 1}, name: _id_}",
    "{keys: {a: 1}, storageEngine: {}}",
    "{keys: {_id: 1}, name: _id_, partialFilterExpression: {a: 1}}",
    "{keys: {_id: 1}, name: _id_, unique: true}",
]
TAKEN = [
    "{keys: {a.$id: 1}}",
    "{keys: {a$b: 1}}",
    "{keys: {a.0: 1}}",
    "{keys: {$**: text, a: 1}}",
    "{keys: {a: 2d, b: 1}}",
    "{keys: {b: 1, a: text, c: 1}}",
    "{keys: {a: 1.5}}",
    "{keys: {a: text}, weights: {c: 2.5}}",
    "{keys: {a: text}, default_language: GERMAN}",
    "{keys: {a: text}, default_language: germn, textIndexVersion: 1}",
    "{keys: {a: 2d}, bits: 32, min: -500.5}",
    "{keys: {$**: 1}, wildcardProjection: {_id: 1, a: {b: 0}}}",
    "{keys: {$**: 1}, wildcardProjection: {a: true, _id: 0}}",
    "{keys: {a: 1}, collation: {locale: de@collation=phonebook}}",
    "{keys: {a: 1}, collation: {locale: zh_Hant@collation=pinyin}}",
    "{keys: {a: 1}, collation: {locale: fr@collation=search}}",
    "{keys: {a: 1}, collation: {locale: en, strength: 2.0, version: '57.1'}}",
    "{keys: {a: 1}, collation: {locale: en, caseFirst: upper, strength: 2, caseLevel: true}}",
    "{keys: {a: 1}, collation: {locale: simple, strength: 3}}",
    *(
        f"{{keys: {{a: 1}}, partialFilterExpression: {value}}}"
        for value in (
            "{}",
            "{n: {$exists: 1}}",
            "{n: {$in: []}}",
            "{n: {$all: [1]}}",
            "{n: {$type: [string, 10, number]}}",
            "{n: {x: {$ne: 1}}}",
            "{n: {x: 1, $gt: 1}}",
            "{n: []}",
            "{n: null}",
            "{n: {$geoWithin: {$centerSphere: [[0, 0], 1]}}}",
            "{$or: [{a: 1}, {$and: [{b: 1}]}]}",
            "{$comment: why}",
            "{at: {$gt: {$date: 2020-01-01T00:00:00Z}}}",
        )
    ),
]


@pytest.mark.parametrize("entry", REFUSED)
def test_what_the_reader_refuses_a_server_refuses_too(
    client: MongoClient[Any], database: str, entry: str
) -> None:
    with pytest.raises(SettingsInvalid, match="line 2"):
        read(f"c:\n  - {entry}\n", file="indexes.yaml")
    said = yaml.safe_load(entry)
    client[database]["c"].insert_one({})
    with pytest.raises(OperationFailure):
        client[database].command(
            "createIndexes", "c", indexes=[{"name": "n", **said, "key": said.pop("keys")}]
        )


@pytest.mark.parametrize("entry", TAKEN)
def test_what_the_reader_takes_a_server_takes_too(
    mongo: Secret, client: MongoClient[Any], database: str, entry: str
) -> None:
    (one,) = read(f"c:\n  - {entry}\n", file="indexes.yaml")
    assert built(mongo, database, one.index) == ""


def built(mongo: Secret, database: str, index: Index) -> str:
    with connect(mongo) as opened:
        try:
            opened.indexes().create(database, "c", [Build(index=index)])
        except CommandFailed as error:
            return error.why
    return ""
