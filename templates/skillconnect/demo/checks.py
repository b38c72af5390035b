#!/usr/bin/env python3
"""Check that a SkillConnect database hangs together: money, bookings, counters.

The first line of standard input is the URI, the only argument the database. Prints one line of
JSON: each invariant, how many things were looked at, how many of them are broken. All is read at
one moment, so a database that is in use is not torn by the reading.
"""

import json
import sys
from collections import Counter
from typing import Any

from bson import ObjectId
from pymongo import MongoClient
from pymongo.client_session import ClientSession
from pymongo.database import Database

Document = dict[str, Any]


class Reader:
    """Reads collections at one moment."""

    def __init__(self, database: Database[Document], session: ClientSession) -> None:
        self._database = database
        self._session = session

    def all(self, collection: str, *fields: str) -> list[Document]:
        """Every document of a collection, with these fields of it."""
        wanted = dict.fromkeys(fields, 1)
        return list(self._database[collection].find({}, wanted, session=self._session))


def _money(reader: Reader) -> Document:
    """Each wallet holds what its entries say."""
    expected: Counter[ObjectId] = Counter()
    for entry in reader.all("ledgerentries", "source", "sink", "amountCents"):
        expected[entry["sink"]] += entry["amountCents"]
        if entry["source"] is not None:
            expected[entry["source"]] -= entry["amountCents"]
    wallets = {one["_id"]: one["balanceCents"] for one in reader.all("wallets", "balanceCents")}
    people = wallets.keys() | expected.keys()
    broken = sum(wallets.get(person) != expected[person] for person in people)
    return {
        "id": "wallets",
        "says": "every wallet holds what its transfers add up to",
        "checked": len(people),
        "broken": broken,
    }


def _pairs(reader: Reader, bookings: list[Document]) -> Document:
    """A booking names its request, and that request names the booking."""
    one_way = {(one["_id"], one["serviceRequest"]) for one in bookings}
    other_way = {
        (one["booking"], one["_id"])
        for one in reader.all("servicerequests", "booking")
        if one["booking"] is not None
    }
    return {
        "id": "bookings",
        "says": "every booking has its service request, and the other way round",
        "checked": len(one_way | other_way),
        "broken": len(one_way ^ other_way),
    }


def _counters(reader: Reader, bookings: list[Document]) -> Document:
    """A provider's counter is the number of their bookings."""
    jobs = Counter(one["provider"] for one in bookings)
    people = reader.all("users", "totalJobsAssigned")
    return {
        "id": "counters",
        "says": "every provider's counter is the number of their bookings",
        "checked": len(people),
        "broken": sum(one["totalJobsAssigned"] != jobs[one["_id"]] for one in people),
    }


def main() -> None:
    """Read the URI, check, say what was found."""
    with (
        MongoClient[Document](sys.stdin.readline().strip()) as client,
        client.start_session(snapshot=True) as session,
    ):
        reader = Reader(client[sys.argv[1]], session)
        invariants = [_money(reader)]
        bookings = reader.all("bookings", "provider", "serviceRequest")
        invariants += [_pairs(reader, bookings), _counters(reader, bookings)]
    summary = {"invariants": invariants, "broken": sum(one["broken"] for one in invariants)}
    sys.stdout.write(json.dumps(summary) + "\n")


if __name__ == "__main__":
    main()
