"""What to type about an item that is not proven; pure."""

from skillconnect_ops.commands.checklist.model import (
    AnyMeans,
    ByAudit,
    ByCommand,
    ByEvidence,
    ByFile,
    ByHttp,
    ByPerson,
    BySetting,
)
from skillconnect_ops.commands.checklist.standing import (
    RANK,
    ItemStanding,
    Standing,
    Status,
)

VERIFY = "skc checklist verify"
NO_HEALTH = "no consumer of the target has a `health` address in skc.yaml"
_BY_CLAIM = {
    "backup.restorable": "skc backup verify latest --drill",
    "backup.taken": "skc backup",
    "credential.refused": "skc rotate",
    "env.untracked_in_head": "skc env untrack",
    "indexes.in_place": "skc indexes check",
    "scrub.clean": "skc scrub verify",
    "secret.retired": "skc rotate",
}
"""What leaves a record of a claim."""
_DONE = {Status.PASS, Status.ATTESTED, Status.NOT_APPLICABLE, Status.WAIVED}


def remedy(one: ItemStanding) -> str:
    """What to do about its worst proof."""
    open_ones = [proof for proof in one.proofs if proof.status not in _DONE]
    if not open_ones:
        return ""
    worst = max(open_ones, key=lambda proof: RANK[proof.status])
    return _of(worst, one)


def _of(proof: Standing, one: ItemStanding) -> str:
    means = proof.means
    if proof.status is Status.UNKNOWN and isinstance(means, ByHttp) and NO_HEALTH in proof.says:
        return f"name the app's `health` address below consumers in skc.yaml; then {VERIFY}"
    if proof.status in {Status.STALE, Status.UNKNOWN} and means is not None and means.machine:
        return _BY_CLAIM.get(means.evidence, VERIFY) if isinstance(means, ByEvidence) else VERIFY
    if proof.status is Status.MISSING and means is not None and means.machine and not means.acts:
        return VERIFY
    return _by_kind(means, one)


def _by_kind(means: AnyMeans | None, one: ItemStanding) -> str:
    said = VERIFY
    match means:
        case ByAudit(audit=checks):
            said = f"skc audit --select {','.join(checks)}"
        case ByCommand(command=words):
            said = f"skc {' '.join(words)}"
        case ByEvidence(evidence=claim):
            said = _BY_CLAIM.get(claim, f"leave a record of {claim}")
        case ByFile(file=file, key=key, has=has):
            what = f" with {key}" if key else ""
            said = f"commit {file}{what}{f' that has {has}' if has else ''}; then {VERIFY}"
        case BySetting(setting=setting):
            said = f"set {setting} in skc.yaml; then {VERIFY}"
        case ByHttp(http=probe):
            said = f"mend the app's answers ({probe.value}); then {VERIFY}"
        case ByPerson():
            said = f'skc checklist attest {one.name} --reason "…"'
        case _:
            pass
    return said
