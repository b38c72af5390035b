"""The checklists that skc brings: whole, right in what they name, and red where code is bad."""

import re
from pathlib import Path

import pytest

from skillconnect_ops.commands.audit.checks import CHECKS
from skillconnect_ops.commands.checklist.looking_only import READ_ONLY
from skillconnect_ops.commands.checklist.model import ByAudit, ByCommand, BySetting, Scope
from skillconnect_ops.commands.checklist.reading import read
from skillconnect_ops.core.resources import checklists
from skillconnect_ops.core.settings.model import Settings, TargetSettings
from tests.commandlines import parse
from tests.commands.audit.conftest import laid_out
from tests.commands.audit.test_cases import retire
from tests.commands.checklist.shop import Shop
from tests.conftest import Skc

SHIPPED = read(checklists(), file="checklists.yaml")
IDS = sorted(
    {check for means in SHIPPED.means() if isinstance(means, ByAudit) for check in means.audit}
)
DOMAIN = re.compile(
    r"skillconnect(?![_-]ops)|\bservice[ _-]?requests?\b|\bbookings?\b", re.IGNORECASE
)


def test_every_item_of_the_plan_is_there() -> None:
    counts = {name: len(group.items) for name, group in SHIPPED.groups.items()}
    assert counts == {
        "security": 15,
        "deployment": 13,
        **{f"week-{number}": 5 for number in range(1, 6)},
        "credentials-compromised": 12,
        "deployment-fails": 9,
    }


def test_every_check_of_an_audit_that_is_named_is_one() -> None:
    assert IDS
    assert set(IDS) <= {check.id for check in CHECKS}


def test_every_command_that_is_named_or_allowed_can_be_typed() -> None:
    for means in SHIPPED.means():
        if isinstance(means, ByCommand):
            aim = " --target x" if means.subject is Scope.TARGET else ""
            parse(f"skc {' '.join(means.command)}{aim}")
    for words, options in READ_ONLY.items():
        for option in ("", *options):
            parse(f"skc {' '.join(words)} {option}")


def test_every_setting_that_is_named_is_one() -> None:
    for means in SHIPPED.means():
        if isinstance(means, BySetting):
            first = means.setting.split(".")[0]
            kind = TargetSettings if means.subject is Scope.TARGET else Settings
            assert first in kind.__struct_fields__, means.setting


def test_no_word_of_the_first_app_stands_in_it() -> None:
    assert DOMAIN.search(checklists()) is None


def test_most_of_the_weight_is_proven_by_machines() -> None:
    own = [item for _, _, item in SHIPPED.named() if item.same_as is None]
    by_machine = sum(one.weight for one in own if all(each.machine for each in one.proof))
    assert by_machine >= 0.8 * sum(one.weight for one in own)


@pytest.mark.parametrize("check", IDS)
def test_a_proof_by_audit_is_red_on_bad_code_and_never_on_good(
    skc: Skc, tmp_path: Path, check: str
) -> None:
    states = {}
    for sort in ("bad", "good"):
        root = laid_out(check, sort, tmp_path / sort)
        retire(skc, root, check, sort)
        if not (root / "skc.yaml").exists():
            (root / "skc.yaml").write_text(f"version: 1\nproject: {{id: p{sort}, name: p}}\n")
        shop = Shop(root, skc)
        if not (root / ".git").exists():
            shop.git("init", "-q", "-b", "main")
            shop.git("add", "-A")
        shop.lists({"it": f"- audit: [{check}]"})
        states[sort] = shop.state("verify")
    assert states["bad"] == "FAIL"
    assert states["good"] in {"CLAIMED", "NOT_APPLICABLE"}
