"""Other users of the machine can read an env file.

Why: every process of whatever user on the machine has the app's passwords: a hacked web server
beside it, a backup job, a build.

How it looks: at the mode of each env file on disk, and at its access control list; links are
followed. A file that git tracks is told by `env-tracked`; what is only staged has no mode.

Severity: medium where it holds credentials or could not be read, else low.

Silence: `# skc: allow env-readable REASON` anywhere in the file.

Before:
    -rw-r--r-- .env
After:
    chmod 600 .env
"""

from collections.abc import Iterator

from skillconnect_ops.commands.audit.env_model import EnvFile, Holds
from skillconnect_ops.commands.audit.facts import Facts
from skillconnect_ops.commands.audit.model import Check, Hit, Verdict, judged, missing
from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.outcome import Known, Missing
from skillconnect_ops.core.report import Unknown
from skillconnect_ops.core.shell import word
from skillconnect_ops.core.view import listed

_OTHERS = 0o077
_EVERYBODY = 0o007
_GRAVE = (Holds.CREDENTIALS, Holds.UNREAD)


def run(facts: Facts) -> Verdict:
    """Whose files are not for their owner alone?"""
    if isinstance(facts.env_files, Missing):
        return missing(facts.env_files.reason)
    told = facts.env_files.value.files
    files = [one for one in told if one.held.tracked != Known(value=True)]
    return judged(
        [hit for one in files for hit in _hits(one)],
        files=len(files),
        what="env files",
        unknown=[
            Unknown(one.path, one.held.mode.reason)
            for one in files
            if isinstance(one.held.mode, Missing)
        ],
    )


def _hits(one: EnvFile) -> Iterator[Hit]:
    mode = one.held.mode
    if isinstance(mode, Missing) or mode.value is None or not mode.value & _OTHERS:
        return
    # where there is a list, the group's bits are but its mask
    by_list = bool(one.held.lets_in) and not mode.value & _EVERYBODY
    who = (
        f"its ACL lets {listed(one.held.lets_in)} in" if by_list else "others can read or write it"
    )
    close = f"chmod 600 {word(one.path)}"
    yield Hit(
        path=one.path,
        line=1,
        column=1,
        end_line=1,
        says=f"{who} (mode {mode.value:04o}); {one.holds.value}",
        context="",
        severity=Severity.MEDIUM if one.holds in _GRAVE else Severity.LOW,
        remedy=f"setfacl -b {word(one.path)} && {close}" if one.held.lets_in else close,
        of_file=True,
    )


CHECK = Check(
    id="env-readable",
    title="env file that others can read",
    severity=Severity.MEDIUM,
    references=("CWE-732", "CWE-276"),
    remedy="chmod 600",
    run=run,
    of_lines=True,
    shows_code=False,
)
