#!/usr/bin/env python3
"""Keep using a filled SkillConnect as its people do: book, pay and chat, in transactions.

The first line of standard input is the URI (with the database in its path), the only argument how
many writers there are. When every writer has committed, and for each further line of input, one
line of JSON says how much was done; at the end of input the writers stop, and a last line says so.
"""

import json
import os
import random
import sys
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from bson import ObjectId
from pymongo import MongoClient
from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import PyMongoError

Document = dict[str, Any]

PATIENCE_S = 2.0


class Writer(threading.Thread):
    """One person after the other: books a provider, pays, writes a message."""

    def __init__(self, database: Database[Document], number: int, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self.transactions = 0
        self.error: str | None = None
        self._database = database
        self._chance = random.Random(number)  # noqa: S311  (a seed is wanted)
        self._stop_writing = stop
        self._people: list[ObjectId] = []
        self._providers: list[ObjectId] = []

    def run(self) -> None:
        """Write until told to stop."""
        try:
            self._people = self._some("users", {}, 2_000)
            self._providers = self._some("users", {"role": "Service Provider"}, 500)
            with self._database.client.start_session() as session:
                while not self._stop_writing.is_set():
                    session.with_transaction(self._book)
                    session.with_transaction(self._pay)
                    self.transactions += 2
        except PyMongoError as error:
            self.error = type(error).__name__

    def _some(self, collection: str, query: Document, most: int) -> list[ObjectId]:
        found = self._database[collection].find(query, {"_id": 1}).limit(most)
        return [document["_id"] for document in found]

    def _book(self, session: ClientSession) -> None:
        """A request, its booking and the provider's counter: all three or none."""
        requester, provider = (
            self._chance.choice(self._people),
            self._chance.choice(self._providers),
        )
        request, booking, now = ObjectId(), ObjectId(), datetime.now(UTC)
        requests = self._database["servicerequests"]
        requests.insert_one(
            {
                "_id": request,
                "requester": requester,
                "name": "Written while the backup runs",
                "typeOfWork": "Plumbing",
                "status": "Available",
                "booking": None,
                "createdAt": now,
            },
            session=session,
        )
        self._database["bookings"].insert_one(
            {
                "_id": booking,
                "requester": requester,
                "provider": provider,
                "serviceRequest": request,
                "status": "Pending",
                "createdAt": now,
            },
            session=session,
        )
        assigned = {"$set": {"status": "Assigned", "booking": booking}}
        requests.update_one({"_id": request}, assigned, session=session)
        counted = {"$inc": {"totalJobsAssigned": 1}}
        self._database["users"].update_one({"_id": provider}, counted, session=session)
        self._chat(booking, [requester, provider], now, session)

    def _chat(
        self, booking: ObjectId, people: list[ObjectId], now: datetime, session: ClientSession
    ) -> None:
        self._database["chats"].insert_one(
            {
                "appointmentId": booking,
                "participants": people,
                "sender": people[0],
                "message": "See you then.",
                "seenBy": people[:1],
                "createdAt": now,
            },
            session=session,
        )

    def _pay(self, session: ClientSession) -> None:
        """Money leaves one wallet and arrives in another, and an entry says so."""
        source, sink = self._chance.sample(self._people, 2)
        amount = self._chance.randint(1, 500)
        wallets = self._database["wallets"]
        paid = wallets.update_one(
            {"_id": source, "balanceCents": {"$gte": amount}},
            {"$inc": {"balanceCents": -amount}},
            session=session,
        )
        if paid.modified_count:
            wallets.update_one({"_id": sink}, {"$inc": {"balanceCents": amount}}, session=session)
            self._database["ledgerentries"].insert_one(
                {
                    "source": source,
                    "sink": sink,
                    "amountCents": amount,
                    "createdAt": datetime.now(UTC),
                },
                session=session,
            )


def main() -> None:
    """Read the URI, write until the end of input, say what was done.

    The end of input ends it within seconds, at any moment and with the server gone: whoever closes
    the client, or waits for a writer, waits for the server.
    """
    database = MongoClient[Document](sys.stdin.readline().strip()).get_default_database()
    stop = threading.Event()
    writers = [Writer(database, number, stop) for number in range(int(sys.argv[1]))]
    began = time.monotonic()
    for writer in writers:
        writer.start()
    threading.Thread(target=_say_once_all_write, args=(writers, began), daemon=True).start()
    for _ in sys.stdin:
        _say(writers, began)
    stop.set()
    deadline = time.monotonic() + PATIENCE_S
    for writer in writers:
        writer.join(max(0.0, deadline - time.monotonic()))
    with suppress(BrokenPipeError):
        _say(writers, began)
    os._exit(0)


def _say_once_all_write(writers: list[Writer], began: float) -> None:
    while not all(writer.transactions or writer.error for writer in writers):
        time.sleep(0.01)
    _say(writers, began)


def _say(writers: list[Writer], began: float) -> None:
    summary = {
        "transactions": sum(writer.transactions for writer in writers),
        "seconds": round(time.monotonic() - began, 3),
        "error": next((writer.error for writer in writers if writer.error), None),
    }
    sys.stdout.write(json.dumps(summary) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
