#!/usr/bin/env python3
"""Fill an empty database with a SkillConnect of some size.

The first line of standard input is the URI (with the database in its path), the only argument how
many documents there are to be. Prints one line of JSON. The same seed gives the same documents.
"""

import base64
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bson import ObjectId
from pymongo import ASCENDING, DESCENDING, IndexModel, MongoClient
from pymongo.database import Database

Document = dict[str, Any]

SEED = 20260113
NOW = datetime(2026, 1, 13, 9, 0, tzinfo=UTC)
BATCH = 2_000
DEPOSIT_CENTS = 50_000
SHARES = {
    "users": 0.10,
    "wallets": 0.10,
    "ledgerentries": 0.15,
    "servicerequests": 0.20,
    "bookings": 0.15,
    "chats": 0.30,
}
ROLES = ("Community Member", "Service Provider", "Admin")
WORDS = json.loads((Path(__file__).parent / "words.json").read_text(encoding="utf-8"))


class Town:
    """Makes documents, all from one source of chance."""

    def __init__(self, documents: int) -> None:
        self.chance = random.Random(SEED)  # noqa: S311  (a seed is wanted)
        self.sizes = {name: max(10, round(documents * share)) for name, share in SHARES.items()}
        self.sizes["wallets"] = self.sizes["users"]
        self.people = [self.identity() for _ in range(self.sizes["users"])]
        self.providers = self.people[: max(5, len(self.people) // 5)]
        self.requests = [self.identity() for _ in range(self.sizes["servicerequests"])]
        booked = min(self.sizes["bookings"], len(self.requests) - 5)
        self.bookings = {request: self.identity() for request in self.requests[:booked]}
        self.provider_of = {
            request: self.chance.choice(self.providers) for request in self.bookings
        }
        self.jobs = Counter(self.provider_of.values())
        self.balances: Counter[ObjectId] = Counter()

    def identity(self) -> ObjectId:
        """An id whose time lies in the last 400 days."""
        moment = int(NOW.timestamp()) - self.chance.randrange(400 * 86_400)
        return ObjectId(moment.to_bytes(4) + self.chance.randbytes(8))

    def text(self, least: int, most: int) -> str:
        """A sentence of so many words."""
        words = self.chance.choices(WORDS["talk"], k=self.chance.randint(least, most))
        return " ".join(words).capitalize() + "."

    def users(self) -> Iterator[Document]:
        """People; the first fifth of them offer their work."""
        chance = self.chance
        for number, key in enumerate(self.people):
            first, last = chance.choice(WORDS["first"]), chance.choice(WORDS["last"])
            provider = number < len(self.providers)
            created = key.generation_time
            yield {
                "_id": key,
                "username": f"{first}.{last}.{number}".lower(),
                "email": f"{first}.{last}.{number}@example.org".lower(),
                "password": "$2b$12$" + base64.b64encode(chance.randbytes(39), b"./").decode(),
                "firstName": first,
                "lastName": last,
                "phone": f"+63917{chance.randrange(10**7):07d}",
                "address": {
                    "line": f"{chance.randint(1, 400)} {chance.choice(WORDS['streets'])} Street",
                    "town": chance.choice(WORDS["towns"]),
                    "location": [
                        round(120 + chance.random() * 6, 5),
                        round(chance.random() * 18, 5),
                    ],
                },
                "birthdate": NOW - timedelta(days=chance.randint(6_600, 25_000)),
                "role": ROLES[1] if provider else ROLES[2] if number % 997 == 0 else ROLES[0],
                "skills": chance.sample(WORDS["skills"], chance.randint(1, 4)) if provider else [],
                "verified": chance.random() < 0.7,
                "totalJobsAssigned": self.jobs[key],
                "createdAt": created,
                "updatedAt": created + timedelta(days=chance.random() * 20),
            }

    def servicerequests(self) -> Iterator[Document]:
        """What people want done; three of four are booked."""
        chance = self.chance
        for key in self.requests:
            booking = self.bookings.get(key)
            created = key.generation_time
            yield {
                "_id": key,
                "requester": chance.choice(self.people),
                "name": self.text(3, 7)[:100],
                "typeOfWork": chance.choice(WORDS["skills"]),
                "notes": self.text(10, 40),
                "address": f"{chance.randint(1, 400)} {chance.choice(WORDS['streets'])} Street",
                "phone": f"+63917{chance.randrange(10**7):07d}",
                "budgetCents": chance.randint(20, 900) * 1_000,
                "status": "Available" if booking is None else "Assigned",
                "booking": booking,
                "createdAt": created,
                "expiresAt": created + timedelta(days=30),
            }

    def bookings_made(self) -> Iterator[Document]:
        """The bookings of those requests."""
        chance = self.chance
        for request, key in self.bookings.items():
            created = request.generation_time + timedelta(hours=chance.random() * 70)
            yield {
                "_id": key,
                "requester": chance.choice(self.people),
                "provider": self.provider_of[request],
                "serviceRequest": request,
                "status": chance.choice(("Pending", "Confirmed", "Working", "Complete")),
                "feeCents": chance.randint(20, 900) * 1_000,
                "notes": self.text(5, 20),
                "createdAt": created,
                "updatedAt": created + timedelta(hours=chance.random() * 50),
            }

    def chats(self) -> Iterator[Document]:
        """What people write to each other about a booking."""
        chance = self.chance
        appointments = list(self.bookings.values())
        for _ in range(self.sizes["chats"]):
            sender, reader = chance.sample(self.people, 2)
            key = self.identity()
            yield {
                "_id": key,
                "appointmentId": chance.choice(appointments),
                "participants": [sender, reader],
                "sender": sender,
                "message": self.text(4, 45),
                "seenBy": [sender] if chance.random() < 0.3 else [sender, reader],
                "createdAt": key.generation_time,
            }

    def ledgerentries(self) -> Iterator[Document]:
        """A first deposit into every wallet, then transfers: what balances must agree with."""
        for person in self.people:
            self.balances[person] += DEPOSIT_CENTS
            yield self._entry(None, person, DEPOSIT_CENTS)
        for _ in range(max(0, self.sizes["ledgerentries"] - len(self.people))):
            source, sink = self.chance.sample(self.people, 2)
            amount = self.chance.randint(0, self.balances[source] // 4)
            self.balances[source] -= amount
            self.balances[sink] += amount
            yield self._entry(source, sink, amount)

    def _entry(self, source: ObjectId | None, sink: ObjectId, amount: int) -> Document:
        key = self.identity()
        return {
            "_id": key,
            "source": source,
            "sink": sink,
            "amountCents": amount,
            "createdAt": key.generation_time,
        }

    def wallets(self) -> Iterator[Document]:
        """What the entries add up to; to be asked after they are made."""
        for person in self.people:
            yield {"_id": person, "balanceCents": self.balances[person], "currency": "PHP"}


def _validator(required: str, **properties: Document) -> Document:
    return {"$jsonSchema": {"required": required.split(), "properties": properties}}


VALIDATORS = {
    "users": _validator(
        "username email password role createdAt",
        username={"bsonType": "string", "minLength": 3, "maxLength": 100},
        email={"bsonType": "string", "pattern": "^[^@ ]+@[^@ ]+$"},
        role={"enum": list(ROLES)},
        totalJobsAssigned={"bsonType": ["int", "long"], "minimum": 0},
    ),
    "servicerequests": _validator(
        "requester typeOfWork status",
        status={"enum": ["Available", "Assigned", "Complete", "Cancelled"]},
        typeOfWork={"bsonType": "string", "minLength": 2, "maxLength": 50},
    ),
    "bookings": _validator(
        "requester provider serviceRequest status",
        status={"enum": ["Pending", "Confirmed", "Working", "Complete", "Cancelled"]},
    ),
    "wallets": _validator("balanceCents", balanceCents={"bsonType": ["int", "long"], "minimum": 0}),
}
PLAIN = {
    "users": "verified role skills -createdAt",
    "servicerequests": "requester status typeOfWork expiresAt requester,status,-createdAt",
    "bookings": "requester,status provider,status -createdAt",
    "chats": "participants -createdAt appointmentId",
    "ledgerentries": "source sink",
    "wallets": "",
}
UNIQUE = {"users": ("email", "username")}


def _indexes(collection: str) -> list[IndexModel]:
    plain = [
        IndexModel(
            [
                (part.lstrip("-"), DESCENDING if part.startswith("-") else ASCENDING)
                for part in keys.split(",")
            ]
        )
        for keys in PLAIN[collection].split()
    ]
    return plain + [IndexModel(field, unique=True) for field in UNIQUE.get(collection, ())]


def fill(database: Database[Document], documents: int) -> int:
    """Make collections, documents and indexes; gives how many documents were put in."""
    town = Town(documents)
    makers = {
        "users": town.users(),
        "servicerequests": town.servicerequests(),
        "bookings": town.bookings_made(),
        "chats": town.chats(),
        "ledgerentries": town.ledgerentries(),
        "wallets": town.wallets(),
    }
    total = 0
    with ThreadPoolExecutor(2) as pool:
        waiting: list[Future[None]] = []
        for name, made in makers.items():
            database.command("create", name, validator=VALIDATORS.get(name, {}))
            for batch in _batches(made):
                total += len(batch)
                waiting.append(pool.submit(_insert, database, name, batch))
                while len(waiting) > 4:
                    waiting.pop(0).result()
        for one in waiting:
            one.result()
        building = [
            pool.submit(database[name].create_indexes, indexes)
            for name in makers
            if (indexes := _indexes(name))
        ]
        for built in building:
            built.result()
    return total


def _insert(database: Database[Document], name: str, batch: list[Document]) -> None:
    database[name].insert_many(batch, ordered=False)


def _batches(documents: Iterator[Document]) -> Iterator[list[Document]]:
    batch: list[Document] = []
    for document in documents:
        batch.append(document)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def main() -> None:
    """Read the URI, fill, say what was done."""
    began = time.monotonic()
    with MongoClient[Document](sys.stdin.readline().strip()) as client:
        database = client.get_default_database()
        documents = fill(database, int(sys.argv[1]))
        size_bytes = database.command("dbStats")["dataSize"]
    summary = {
        "documents": documents,
        "size_bytes": int(size_bytes),
        "seconds": round(time.monotonic() - began, 3),
    }
    sys.stdout.write(json.dumps(summary) + "\n")


if __name__ == "__main__":
    main()
