"""A secret can be guessed.

A key that tokens are signed with needs 32 bytes of chance (RFC 7518, 3.2): a shorter one, or one
of words, is found offline from a single token. Nothing of the value is shown.

    before:  JWT_SECRET_KEY=supersecret
    after:   skc secrets generate --env JWT_SECRET_KEY --replace
"""

from collections.abc import Iterator

from skillconnect_ops.commands.env.check_model import Check, Facts, Fault
from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.report import Unknown
from skillconnect_ops.envfile.values import signs, weakness


def run(facts: Facts) -> Iterator[Fault | Unknown]:
    """Which secrets would not hold?"""
    for file in facts.files:
        for entry in facts.secrets(file):
            known = facts.registry.known(entry.key)
            signing = known.signs if known is not None else signs(entry.key)
            password = entry.key.upper().endswith(("PASSWORD", "PASS", "PASSWD", "PASSPHRASE"))
            if "://" in entry.value or not (signing or password):
                continue
            why = weakness(entry.key, entry.value, signing=signing)
            if why is not None:
                yield Fault(
                    message=f"{entry.key} is weak: {why}",
                    path=file.path,
                    line=entry.line,
                    context=entry.key,
                    remedy=_remedy(facts, entry.key, file.path, signing=signing),
                )


def _remedy(facts: Facts, key: str, path: str, *, signing: bool) -> str:
    """A key is made here; a password is checked elsewhere, and is made there."""
    if signing:
        return f"{facts.aim.generate(key, file=path)} --replace"
    return f"make a new one where it is checked, then: {facts.aim.set(key, file=path)}"


CHECK = Check(
    id="secret-weak",
    title="secrets cannot be guessed",
    severity=Severity.HIGH,
    remedy="rotate it to one that was generated: skc secrets generate",
    references=("CWE-521", "RFC 7518, 3.2"),
    run=run,
    reads_files=True,
)
