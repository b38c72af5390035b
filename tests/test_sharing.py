"""Which tests one worker makes: by name alone, since who hands them out has not read them."""

import pytest

from tests.sharing import ROOT, group

OUTAGES = "tests/reference_api/test_outages.py"
LOGINS = "tests/adapters/mongo/test_logins.py"


@pytest.mark.parametrize(
    ("nodeid", "shared"),
    [
        ("tests/evidence/test_tampering.py::test_a[x::y]", "tests/evidence/test_tampering.py"),
        (f"{OUTAGES}::test_an_election_costs_clean_refusals_and_no_booking", "three_nodes"),
        (f"{LOGINS}::TestEveryNode::test_one_that_is_away_has_no_answer[stop]", "three_nodes"),
        ("tests/test_sharing.py::test_a", "tests/test_sharing.py::test_a"),
    ],
)
def test_what_is_started_for_several_tests_is_started_by_one_worker(
    nodeid: str, shared: str
) -> None:
    file, _, name = nodeid.partition("[")[0].replace("::", "\n", 1).partition("\n")
    text = (ROOT / file).read_text()
    assert name == "test_a" or name.rpartition("::")[2] in text  # it is still called so
    assert group(nodeid) == shared
