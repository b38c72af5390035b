"""`checklists.yaml` is read as it is meant, or refused with the line."""

import pytest

from skillconnect_ops.commands.checklist.model import ByAudit, ByEvidence, ByFile, Scope
from skillconnect_ops.commands.checklist.reading import read
from skillconnect_ops.core.errors import Precondition

GOOD = """\
version: 1
groups:
  security:
    title: Security
    items:
      logs:
        text: Remove console.log statements
        weight: 2
        proof:
          - audit: [console-call]
          - file: package.json
            key: dependencies.winston
          - evidence: backup.taken
            where: {complete: true, size: 3, kind: full}
            within: 2d
            subject: target
  week:
    title: Week 1
    items:
      again: {text: The same, same_as: security/logs}
"""


def refused(text: str) -> str:
    with pytest.raises(Precondition) as raised:
        read(text, file="checklists.yaml")
    error = raised.value
    return f"{error.what} ({error.why}) [{error.fix}]"


def with_proof(proof: str) -> str:
    return (
        "version: 1\ngroups:\n  g:\n    title: G\n    items:\n      i:\n        text: T\n"
        f"        proof:\n          - {proof}\n"
    )


def test_each_kind_of_proof_is_told_by_its_own_word() -> None:
    found = read(GOOD, file="checklists.yaml")
    item = found.item("security/logs")
    assert item.proof == (
        ByAudit(audit=("console-call",)),
        ByFile(file="package.json", key="dependencies.winston"),
        ByEvidence(
            evidence="backup.taken",
            where={"complete": True, "size": 3, "kind": "full"},
            within="2d",
            subject=Scope.TARGET,
        ),
    )
    assert found.item("week/again") is item
    assert [name for _, name, _ in found.named()] == ["security/logs", "week/again"]


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("weight: 2", "wight: 2", 8, "did you mean weight?"),
        ("weight: 2", "weight: 11", 8, "is not between 1 and 10"),
        ("weight: 2", "done: true", 8, 'has no setting "done"'),
        ("- audit:", "- audits:", 10, "did you mean audit?"),
        ("key: dep", "audit: dep", 12, "names file and audit"),
        ("within: 2d", "within: 2 days", 15, "is no length of time"),
        ("within: 2d", "within: 999d", 15, "is no length of time"),
        ("subject: target", "subject: all", 16, "must be one of project, target"),
        ("security/logs}", "security/log}", 20, "did you mean security/logs?"),
        ("security/logs}", "week/again}", 20, "is the same as another one"),
        ("same_as: security/logs}", "weight: 3}", 20, "says nothing of what proves it"),
        ("same_as: ", "must: true, same_as: ", 20, "and says more"),
        ("logs:\n", "Logs:\n", 6, "is no id"),
        ("text: Remove console.log statements", "text: ''", 7, "is empty"),
        ("version: 1", "version: 2", 1, "newer than this skc"),
        ("backup.taken", "checklist.attested", 13, "is no claim of an act"),
        ("package.json", "../package.json", 11, "leads out of the project"),
        ("package.json", "package.toml", 12, "only YAML and JSON have keys"),
        ("title: Week 1\n", "title: Week 1\n    title: 2\n", 19, "twice"),
    ],
)
def test_a_mistake_is_told_with_its_line(old: str, new: str, line: int, says: str) -> None:
    assert GOOD.count(old) == 1
    told = refused(GOOD.replace(old, new))
    assert says in told
    assert f"line {line}" in told


@pytest.mark.parametrize(
    ("proof", "says"),
    [
        ("audit: []", "names no check"),
        ("{audit: [a], subject: target}", "is about the project"),
        ("{http: healthy, subject: project}", "is about a target"),
        ("http: flood", "must be one of healthy"),
        ("command: [rotate, --yes]", "is not run for a proof"),
        ("command: [backup, prune]", "is not run for a proof"),
        ("command: [secrets, scan, --out, x]", "is not run for a proof"),
        ("command: []", "is not run for a proof"),
        ("{file: a, has: '('}", "is no expression"),
        ("{file: a, has: '(a+)+$'}", "a repetition within a repetition"),
        ("file: /etc/passwd", "leads out of the project"),
        ("{person: yes it is, within: 91d}", "is too long"),
        ("person: ''", "is empty"),
        ("within: 7d", "does not say what kind it is"),
    ],
)
def test_no_proof_is_taken_that_could_do_harm_or_proves_nothing(proof: str, says: str) -> None:
    told = refused(with_proof(proof))
    assert says in told
    assert "line 9" in told


def test_an_empty_file_and_one_without_groups_say_what_is_missing() -> None:
    assert "the file is empty" in refused("")
    assert "there is no group" in refused("version: 1\ngroups: {}\n")
    assert "has no item" in refused("version: 1\ngroups: {a: {title: A, items: {}}}\n")
