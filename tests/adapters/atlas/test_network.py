"""Who may reach the clusters, who may manage them, and who has logged in."""

from urllib.parse import unquote

import pytest

from skillconnect_ops.adapters.atlas import AtlasAccounts
from skillconnect_ops.core.ports.atlas import AccessEntry
from skillconnect_ops.core.ports.database import NotAuthorized
from tests.adapters.atlas.conftest import Open
from tests.adapters.atlas.server import Atlas, Fault

WIDE = {"cidrBlock": "0.0.0.0/0", "comment": "for now"}
OFFICE = {"ipAddress": "203.0.113.9", "cidrBlock": "203.0.113.9/32", "comment": "office"}


@pytest.fixture(autouse=True)
def access(atlas: Atlas) -> None:
    atlas.roles.add("GROUP_NETWORK_ACCESS_MANAGER")
    atlas.access = {entry["cidrBlock"]: dict(entry) for entry in (WIDE, OFFICE)}


def test_the_list_is_read(accounts: AtlasAccounts) -> None:
    wide, office = accounts.access_list()
    assert (wide.value, wide.comment, wide.lets_everybody_in) == ("0.0.0.0/0", "for now", True)
    assert (office.value, office.lets_everybody_in) == ("203.0.113.9/32", False)


@pytest.mark.parametrize(
    ("value", "wide"),
    [
        ("0.0.0.0/0", True),
        ("::/0", True),
        ("0.0.0.0/1", True),
        ("128.0.0.0/1", True),
        ("10.0.0.0/8", False),
        ("203.0.113.9", False),
        ("sg-0123456789abcdef0", False),
    ],
)
def test_the_whole_internet_is_told_from_a_network(value: str, wide: bool) -> None:
    assert AccessEntry(value=value).lets_everybody_in is wide


def test_an_entry_is_taken_off_and_put_back(accounts: AtlasAccounts, atlas: Atlas) -> None:
    wide = accounts.access_list()[0]
    accounts.close_access(wide.value)
    assert set(atlas.access) == {"203.0.113.9/32"}
    accounts.close_access(wide.value)
    accounts.open_access(wide)
    assert atlas.access["0.0.0.0/0"]["comment"] == "for now"
    assert any("accessList/0.0.0.0%2F0" in seen.path for seen in atlas.seen)
    assert all(unquote(seen.path).count("//") == 0 for seen in atlas.seen)


@pytest.mark.parametrize("fault", [Fault.BROKEN_AFTER, Fault.DROPPED_AFTER, Fault.BROKEN])
def test_a_lost_answer_is_asked_for_again(
    accounts: AtlasAccounts, atlas: Atlas, fault: Fault
) -> None:
    hit: list[str] = []

    def once(number: int, seen: object) -> Fault | None:
        method = getattr(seen, "method", "")
        if method == "DELETE" and not hit:
            hit.append(method)
            return fault
        return None

    atlas.faults = once
    accounts.close_access("0.0.0.0/0")
    assert hit
    assert "0.0.0.0/0" not in atlas.access


def test_a_key_that_may_not_is_told_the_role(opened: Open, atlas: Atlas) -> None:
    atlas.roles.discard("GROUP_NETWORK_ACCESS_MANAGER")
    with pytest.raises(NotAuthorized) as caught:
        opened().close_access("0.0.0.0/0")
    assert "Project Network Access Manager" in caught.value.fix


def test_keys_and_service_accounts_are_listed(accounts: AtlasAccounts, atlas: Atlas) -> None:
    assert {one.public for one in accounts.api_keys()} == {atlas.public, atlas.client_id}


def test_the_logins_of_each_cluster_are_listed_newest_first(
    accounts: AtlasAccounts, atlas: Atlas
) -> None:
    def login(at: str, *, accepted: bool) -> dict[str, object]:
        return {
            "timestamp": at,
            "username": "app",
            "ipAddress": "198.51.100.7",
            "authResult": accepted,
            "failureReason": None if accepted else "bad auth",
        }

    atlas.logins["alpha"] = [
        login("2026-11-29T01:00:00Z", accepted=True),
        login("2026-11-29T02:00:00Z", accepted=False),
    ]
    newest, oldest = accounts.logins_seen()
    assert (newest.accepted, newest.reason, newest.cluster) == (False, "bad auth", "alpha")
    assert (oldest.accepted, oldest.address) == (True, "198.51.100.7")
