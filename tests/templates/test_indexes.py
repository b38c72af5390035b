"""The first app's indexes are those of the action plan, and a server takes them."""

from typing import Any

import yaml
from pymongo import MongoClient

from skillconnect_ops.core.resources import template
from skillconnect_ops.reference_api import accounts, chats
from skillconnect_ops.reference_api.routes import service_request

PLAN = {
    "users": [
        ({"email": 1}, True),
        ({"username": 1}, True),
        ({"verified": 1}, False),
        ({"role": 1}, False),
        ({"skills": 1}, False),
        ({"createdAt": -1}, False),
    ],
    "servicerequests": [
        ({"requester": 1}, False),
        ({"status": 1}, False),
        ({"typeOfWork": 1}, False),
        ({"expiresAt": 1}, False),
        ({"requester": 1, "status": 1, "createdAt": -1}, False),
    ],
    "bookings": [
        ({"requester": 1, "status": 1}, False),
        ({"provider": 1, "status": 1}, False),
        ({"createdAt": -1}, False),
    ],
    "chats": [
        ({"participants": 1}, False),
        ({"createdAt": -1}, False),
        ({"appointmentId": 1}, False),
    ],
}

BESIDES = {"users": [({"createdAt": -1, "_id": -1}, False)]}
"""Behind those of the plan, since a query of the API has none among them."""


def declared() -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = yaml.safe_load(template("skillconnect/indexes.yaml"))
    return found


def test_they_are_the_plan_s_in_keys_order_direction_and_uniqueness() -> None:
    found = {
        collection: [(list(one["keys"].items()), one.get("unique", False)) for one in indexes]
        for collection, indexes in declared().items()
    }
    assert found == {
        collection: [
            (list(keys.items()), unique)
            for keys, unique in [*indexes, *BESIDES.get(collection, [])]
        ]
        for collection, indexes in PLAN.items()
    }


def test_they_are_on_the_api_s_collections() -> None:
    used = {accounts.USERS, service_request.COLLECTION, chats.BOOKINGS, chats.COLLECTION}
    assert used == set(declared())


def test_a_server_takes_them(client: MongoClient[Any], database: str) -> None:
    for collection, indexes in declared().items():
        for one in indexes:
            options = {name: value for name, value in one.items() if name != "keys"}
            client[database][collection].create_index(list(one["keys"].items()), **options)
        assert len(list(client[database][collection].list_indexes())) == len(indexes) + 1
