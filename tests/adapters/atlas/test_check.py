"""Whether a key will do for a rotation, found out without a change."""

import pytest

from skillconnect_ops.adapters.atlas import AtlasAccounts
from skillconnect_ops.core.outcome import Known, Missing
from skillconnect_ops.core.ports.atlas import Access, AccessFact
from tests.adapters.atlas.conftest import Open
from tests.adapters.atlas.server import Atlas, Fault

YES, NO, UNKNOWN = True, False, None


def looked(accounts: AtlasAccounts) -> dict[Access, AccessFact]:
    facts = accounts.check()
    assert [fact.about for fact in facts] == list(Access)
    return {fact.about: fact for fact in facts}


def verdicts(facts: dict[Access, AccessFact]) -> list[bool | None]:
    return [fact.holds.value if isinstance(fact.holds, Known) else None for fact in facts.values()]


def test_a_key_that_will_do(atlas: Atlas, accounts: AtlasAccounts) -> None:
    facts = looked(accounts)
    assert verdicts(facts) == [YES, YES, YES, YES, YES]
    assert facts[Access.CLUSTERS].said == "3 clusters"
    assert "GROUP_DATABASE_ACCESS_ADMIN" in facts[Access.ROLE].said


def test_nothing_is_changed(atlas: Atlas, accounts: AtlasAccounts) -> None:
    accounts.check()
    methods = {seen.method for seen in atlas.seen if seen.path != "/api/oauth/token"}
    assert methods == {"GET"}


@pytest.mark.parametrize("sort", ["service_account", "api_key"])
def test_a_wrong_key(atlas: Atlas, opened: Open, sort: str) -> None:
    good: str = getattr(atlas, sort)
    facts = looked(opened(good[:-1] + ("0" if good[-1] != "0" else "1")))
    assert verdicts(facts) == [NO, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN]
    assert "new secret" in facts[Access.KEY].fix


def test_an_address_that_is_not_on_the_list(atlas: Atlas, accounts: AtlasAccounts) -> None:
    atlas.allowed_here = False
    facts = looked(accounts)
    assert verdicts(facts) == [YES, NO, UNKNOWN, UNKNOWN, UNKNOWN]
    assert "access list of the key" in facts[Access.ADDRESS].fix


def test_a_wrong_group_id(opened: Open) -> None:
    facts = looked(opened(project="0" * 24))
    assert verdicts(facts) == [YES, YES, NO, UNKNOWN, UNKNOWN]
    assert "group_id" in facts[Access.PROJECT].fix


def test_a_role_that_reads_and_changes_nothing(atlas: Atlas, accounts: AtlasAccounts) -> None:
    atlas.roles = {"GROUP_READ_ONLY"}
    facts = looked(accounts)
    assert verdicts(facts) == [YES, YES, YES, NO, YES]
    assert "Project Database Access Admin" in facts[Access.ROLE].fix


def test_no_role_at_all(atlas: Atlas, accounts: AtlasAccounts) -> None:
    atlas.roles = set()
    facts = looked(accounts)
    assert verdicts(facts) == [YES, YES, YES, NO, UNKNOWN]


def test_a_role_that_cannot_see_clusters(atlas: Atlas, opened: Open) -> None:
    atlas.roles = {"GROUP_DATABASE_ACCESS_ADMIN"}
    facts = looked(opened(atlas.api_key))
    assert verdicts(facts) == [YES, YES, YES, YES, NO]
    assert "Project Read Only" in facts[Access.CLUSTERS].fix


def test_roles_that_the_key_may_not_see_are_unknown_and_not_fine(
    atlas: Atlas, accounts: AtlasAccounts
) -> None:
    atlas.shows_roles = False
    facts = looked(accounts)
    assert verdicts(facts) == [YES, YES, YES, UNKNOWN, YES]
    assert "Project Access" in facts[Access.ROLE].fix


def test_an_atlas_that_does_not_answer_is_unknown_and_told_soon(
    atlas: Atlas, accounts: AtlasAccounts
) -> None:
    atlas.faults = lambda _number, _seen: Fault.UNAVAILABLE
    facts = looked(accounts)
    assert verdicts(facts) == [UNKNOWN] * 5
    assert isinstance(facts[Access.KEY].holds, Missing)
    assert len(atlas.seen) <= 2


def test_paused_clusters_are_named(atlas: Atlas, accounts: AtlasAccounts) -> None:
    atlas.clusters[0].paused = True
    assert looked(accounts)[Access.CLUSTERS].said == "3 clusters, paused: alpha"
