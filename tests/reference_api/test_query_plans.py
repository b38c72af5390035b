"""Every query in the API's source, and the declared index that answers it.

What names an `_id` is answered by that. Each of the others has a case here, by its place and its
words; a query that has none, or whose words have changed, is a failure.
"""

import ast
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from bson import ObjectId
from msgspec import Struct
from pymongo import MongoClient

import skillconnect_ops.reference_api
from skillconnect_ops.adapters.embedded import Mongod
from skillconnect_ops.core.resources import template
from tests.commands.indexes.store import project, with_database
from tests.conftest import environment_in, skc_in

SOURCE = Path(skillconnect_ops.reference_api.__file__).parent
VERBS = frozenset(
    {"find", "find_one", "aggregate", "count_documents", "distinct", "bulk_write"}
    | {f"find_one_and_{verb}" for verb in ("update", "delete", "replace")}
    | {f"{verb}_{number}" for verb in ("update", "delete") for number in ("one", "many")}
    | {"replace_one"}
)
WORDS = "logs/redaction.py"
"""Where `find` is that of a text."""
MANY = 1200
NOW = datetime(2026, 1, 1, tzinfo=UTC)
SOME = [ObjectId() for _ in range(MANY)]
ONE = SOME[7]
STANDING = ["Pending", "Confirmed"]
NEWEST = {"createdAt": -1, "_id": -1}
OLDER = {"$or": [{"createdAt": {"$lt": NOW}}, {"createdAt": NOW, "_id": {"$lt": ONE}}]}
OWN = {"$or": [{"requester": ONE}, {"provider": ONE}]}
OWN_REQUEST = {"_id": ONE, "requester": ONE}
OF_EITHER = frozenset({"requester_1_status_1", "provider_1_status_1"})
OF_REQUESTER = frozenset({"requester_1", "requester_1_status_1_createdAt_-1"})
BY_ID = frozenset({"_id_"})


class Case(Struct, frozen=True, kw_only=True):
    """A query as it is sent, and which indexes may answer it."""

    collection: str
    query: Mapping[str, Any]
    uses: frozenset[str]
    sort: Mapping[str, int] = {}


def _pages(collection: str, query: Mapping[str, Any], *uses: str) -> tuple[Case, Case]:
    """The first page, and one after it."""
    named = frozenset(uses)
    return (
        Case(collection=collection, query={"$and": [query, {}]}, uses=named, sort=NEWEST),
        Case(collection=collection, query={"$and": [query, OLDER]}, uses=named, sort=NEWEST),
    )


def _user(query: Mapping[str, Any], *uses: str) -> tuple[Case, ...]:
    return (Case(collection="users", query=query, uses=frozenset(uses)),)


CASES: dict[str, tuple[Case, ...]] = {
    "chats.py written: loaded.database[BOOKINGS].find_one({'$and': [own, booking], 'status': "
    "{'$ne': BookingStatus.CANCELLED.value}})": (
        Case(
            collection="bookings",
            query={"$and": [OWN, {"_id": ONE}], "status": {"$ne": "Cancelled"}},
            sort={"_id": -1},
            uses=BY_ID,
        ),
        Case(
            collection="bookings",
            query={
                "$and": [OWN, {"$or": [{"requester": SOME[9]}, {"provider": SOME[9]}]}],
                "status": {"$ne": "Cancelled"},
            },
            sort={"_id": -1},
            uses=OF_EITHER,
        ),
    ),
    "first_admin.py _insert: users.find_one({'email': address})": _user({"email": "x"}, "email_1"),
    "routes/auth.py register: users.find_one({'username': sent.username})": _user(
        {"username": "x"}, "username_1"
    ),
    "routes/auth.py register: users.find_one({'email': sent.email})": _user(
        {"email": "x"}, "email_1"
    ),
    "routes/auth.py login: loaded.database[USERS].find_one({'email': sent.email})": _user(
        {"email": "x"}, "email_1"
    ),
    "routes/auth.py forgot_password: loaded.database[USERS].find_one({'email': sent.email})": _user(
        {"email": "x"}, "email_1"
    ),
    "routes/auth.py _insert: users.find_one({'$or': [{'email': fields['email']}, {'username': "
    "fields['username']}]})": _user(
        {"$or": [{"email": "x"}, {"username": "x"}]}, "email_1", "username_1"
    ),
    "routes/booking.py _must_be_free: database[COLLECTION].find_one({'provider': "
    "booking['provider'], 'status': {'$in': _STANDING}, 'slot': booking['slot']})": (
        Case(
            collection="bookings",
            query={"provider": ONE, "status": {"$in": STANDING}, "slot": NOW},
            uses=frozenset({"provider_1_status_1"}),
        ),
    ),
    "routes/booking.py together: database[COLLECTION].find_one_and_update({**own, **may, "
    "'status': {'$in': sorted(_NEXT[status])}})": (
        Case(
            collection="bookings",
            query={"_id": ONE, **OWN, "provider": ONE, "status": {"$in": STANDING}},
            uses=BY_ID,
        ),
    ),
    "routes/booking.py together: database[COLLECTION].find_one(own)": (
        Case(collection="bookings", query={"_id": ONE, **OWN}, uses=BY_ID),
    ),
    "routes/booking.py _follow: requests.update_one(held)": (
        Case(collection="servicerequests", query={"_id": ONE, "booking": ONE}, uses=BY_ID),
    ),
    "routes/service_request.py change: requests.find_one_and_update({**own, 'status': "
    "RequestStatus.OPEN.value})": (
        Case(collection="servicerequests", query={**OWN_REQUEST, "status": "Open"}, uses=BY_ID),
    ),
    "routes/service_request.py delete: exchange.loaded.database[COLLECTION].delete_one({**own, "
    "'status': RequestStatus.OPEN.value})": (
        Case(collection="servicerequests", query={**OWN_REQUEST, "status": "Open"}, uses=BY_ID),
    ),
    "routes/service_request.py _why_not: exchange.loaded.database[COLLECTION].find_one(own)": (
        Case(collection="servicerequests", query=OWN_REQUEST, uses=BY_ID),
    ),
    "routes/service_request.py every: page(query)": (
        *_pages("servicerequests", {"status": "Open"}, "status_1"),
        *_pages("servicerequests", {"requester": ONE}, *OF_REQUESTER),
    ),
    "routes/booking.py every: page(_own(account))": _pages("bookings", OWN, *OF_EITHER),
    "routes/admin.py users: page({})": _pages("users", {}, "createdAt_-1", "createdAt_-1__id_-1"),
    "routes/user.py providers: page({'role': Role.PROVIDER.value})": _pages(
        "users", {"role": "Service Provider"}, "role_1", "createdAt_-1__id_-1"
    ),
    "routes/chat.py read: page({'appointmentId': ObjectId(booking_id), 'participants': "
    "account.id})": _pages(
        "chats", {"appointmentId": ONE, "participants": SOME[8]}, "appointmentId_1"
    ),
}


def _calls() -> Iterator[tuple[str, int, str, ast.expr | None]]:
    """Every query: where, in which line, its words, and what it asks by."""
    for path in sorted(SOURCE.rglob("*.py")):
        place = path.relative_to(SOURCE).as_posix()
        if place == WORDS:
            continue
        yield from _calls_in(ast.parse(path.read_text()), place, "")


def _calls_in(
    node: ast.AST, place: str, function: str
) -> Iterator[tuple[str, int, str, ast.expr | None]]:
    for child in ast.iter_child_nodes(node):
        inner = function
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            inner = child.name
        if isinstance(child, ast.Call):
            asked: ast.expr | None = None
            if isinstance(child.func, ast.Attribute) and child.func.attr in VERBS:
                asked = child.args[0] if child.args else None
                words = f"{ast.unparse(child.func)}({ast.unparse(asked) if asked else ''})"
                yield f"{place} {inner}", child.lineno, words, asked
            if isinstance(child.func, ast.Name) and child.func.id == "page":
                asked = child.args[1]
                yield f"{place} {inner}", child.lineno, f"page({ast.unparse(asked)})", asked
        yield from _calls_in(child, place, inner)


def _names_an_id(asked: ast.expr | None) -> bool:
    if not isinstance(asked, ast.Dict):
        return False
    return any(isinstance(key, ast.Constant) and key.value == "_id" for key in asked.keys)


PAGE = "routes/shared.py page"
"""Where the pages of all are asked for; each of its callers has a case."""
FOUND = {
    f"{where}: {words}": f"{where.partition(' ')[0]}:{line}"
    for where, line, words, asked in _calls()
    if not _names_an_id(asked) and where != PAGE
}


@pytest.fixture(scope="module")
def declared(
    one_node: Mongod, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MongoClient[Any]]:
    """A database with documents enough, and the indexes as `skc indexes` makes them."""
    root = tmp_path_factory.mktemp("plans") / "ops"
    project(root, with_database(one_node.uri, "query_plans"))
    (root / "indexes.yaml").write_text(template("skillconnect/indexes.yaml"))
    with one_node.client(one_node.primary()) as client:
        client.drop_database("query_plans")
        fill(client["query_plans"])
        ran = skc_in(root, environment_in(root))("indexes", "--yes")
        assert ran.code == 0, ran.stdout + ran.stderr
        yield client
        client.drop_database("query_plans")


def fill(database: Any) -> None:
    """Some of everything, so that the server has something to choose by."""
    numbered = list(enumerate(SOME))
    database["users"].insert_many(
        {
            "_id": one,
            "email": f"{n}@example.org",
            "username": f"u{n}",
            "role": "Service Provider" if n % 5 == 0 else "Community Member",
            "createdAt": NOW - timedelta(minutes=n),
        }
        for n, one in numbered
    )
    for name in ("servicerequests", "bookings"):
        database[name].insert_many(
            {
                "_id": one,
                "requester": SOME[n // 3],
                "provider": SOME[n // 5],
                "status": ("Open", "Pending", "Confirmed", "Completed")[n % 4],
                "slot": NOW + timedelta(hours=n),
                "createdAt": NOW - timedelta(minutes=n),
            }
            for n, one in numbered
        )
    database["chats"].insert_many(
        {
            "appointmentId": SOME[n // 10],
            "participants": [SOME[n // 9], SOME[n // 7]],
            "createdAt": NOW - timedelta(minutes=n),
        }
        for n, one in numbered
    )


def stages(plan: Any) -> Iterator[Mapping[str, Any]]:
    """A plan's stages, whatever lies in whatever."""
    if isinstance(plan, list):
        for one in plan:
            yield from stages(one)
    if isinstance(plan, Mapping):
        if "stage" in plan:
            yield plan
        for one in plan.values():
            yield from stages(one)


def test_every_query_has_a_case_and_every_case_a_query() -> None:
    assert set(FOUND) == set(CASES)
    assert len(list(_calls())) > 40


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=f"{FOUND.get(words, words)}-{number}")
        for words, cases in CASES.items()
        for number, case in enumerate(cases, 1)
    ],
)
def test_a_query_is_answered_by_a_declared_index(declared: MongoClient[Any], case: Case) -> None:
    find: dict[str, Any] = {"find": case.collection, "filter": case.query, "limit": 21}
    if case.sort:
        find["sort"] = case.sort
    plan = declared["query_plans"].command({"explain": find, "verbosity": "queryPlanner"})
    winning = list(stages(plan["queryPlanner"]["winningPlan"]))
    assert "COLLSCAN" not in {one["stage"] for one in winning}
    used = {one["indexName"] for one in winning if "indexName" in one}
    used |= {"_id_" for one in winning if one["stage"] == "IDHACK"}
    assert used, winning
    assert used <= case.uses, winning
