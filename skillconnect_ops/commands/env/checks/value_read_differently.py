r"""Programs do not read a value alike.

Node's dotenv, `node --env-file`, python-dotenv and a shell each have their own idea of quotes,
`#`, `\` and `$`. A password that one of them cuts short locks the app out, or a script.

    before:  PASSWORD=a#b
    after:   PASSWORD='a#b'
"""

from collections.abc import Iterator

from skillconnect_ops.commands.env.check_model import Check, Facts, Fault
from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.outcome import Known
from skillconnect_ops.core.report import Unknown
from skillconnect_ops.core.view import listed
from skillconnect_ops.envfile import Reader


def run(facts: Facts) -> Iterator[Fault | Unknown]:
    """Which values are in dispute?"""
    for file in facts.files:
        if not isinstance(file.file, Known) or file.file.value is None:
            continue
        for each in file.file.value.disputes():
            readers = listed([reader.label for reader in each.readers])
            shell_alone = set(each.readers) == {Reader.BASH}
            yield Fault(
                message=f"{each.key} is another value for {readers} than for the app",
                path=file.path,
                line=each.line,
                context=each.key,
                severity=Severity.LOW if shell_alone else None,
                remedy=f"skc env set {each.key}",
            )


CHECK = Check(
    id="value-read-differently",
    title="every program reads the same values",
    severity=Severity.MEDIUM,
    remedy="write it anew with skc env set, which quotes so that all read it alike",
    run=run,
)
