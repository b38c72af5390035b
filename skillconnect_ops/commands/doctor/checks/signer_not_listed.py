"""This machine's key is not listed in `.skc/allowed_signers`.

What it records is then a claim and no proof. Each line of the file is a name and a public key; it
is committed, so that whoever reviews the repository decides who counts. The private half lies in
the private state of the project, or in SKC_SIGNING_KEY.
"""

from collections.abc import Sequence

from skillconnect_ops.commands.doctor.model import (
    Check,
    Facts,
    Verdict,
    failed,
    not_applicable,
    passed,
    unknown,
)
from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.outcome import Known, Missing


def run(facts: Facts) -> Sequence[Verdict]:
    """Is it?"""
    if isinstance(facts.signer, Missing):
        if not isinstance(facts.project, Known):
            return [not_applicable("signer", "there is no project")]
        return [unknown("signer", facts.signer.reason)]
    signer = facts.signer.value
    if signer.key is None:
        return [not_applicable("signer", "this machine has no key yet; its first record makes one")]
    if signer.name is not None:
        return [passed("signer", f"this machine's key is listed as {signer.name}: {signer.key}")]
    says = "this machine's key is not in .skc/allowed_signers: what it records proves nothing"
    line = f"echo '{facts.user} {signer.key}' >> .skc/allowed_signers"
    return [failed("signer", says, remedy=f"mkdir -p .skc && {line}   # then commit it")]


CHECK = Check(
    id="signer-not-listed",
    title="signer of evidence",
    severity=Severity.LOW,
    run=run,
)
