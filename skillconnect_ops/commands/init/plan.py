"""What shall stand in `skc.yaml` and what stands there -> the plan; pure."""

import json
import re
from collections.abc import Mapping
from hashlib import sha256

from skillconnect_ops.commands.init.ci_run import Ci
from skillconnect_ops.commands.init.model import Wanted
from skillconnect_ops.commands.init.signer import SIGNERS, SignerEnroll
from skillconnect_ops.commands.init.steps import FileWrite
from skillconnect_ops.commands.init.suggest import slug
from skillconnect_ops.core.plan import Plan, Subject
from skillconnect_ops.core.resources import filled

FILE = "skc.yaml"

_PLAIN = re.compile(r"(?:~/|\.{0,2}/)?\.?[A-Za-z_][A-Za-z0-9_./:-]*[A-Za-z0-9_]", re.ASCII)
_WORDS = re.compile(r"true|false|yes|no|on|off|null|\.?inf|\.?nan", re.IGNORECASE)


def plan(
    root: str,
    *,
    text: str,
    there: bytes | None,
    signer: SignerEnroll | None = None,
    beside: Mapping[str, str] | None = None,
    notes: tuple[str, ...] = (),
    ci: Ci | None = None,
) -> Plan:
    """Write the text, unless it stands there already, and list this machine as a signer.

    Args:
        root: the project's folder.
        text: the wanted `skc.yaml`.
        there: the bytes of the one that is there; None where there is none.
        signer: the step that lists this machine's key; None where it is listed.
        beside: more files, by name, none of which is there.
        notes: what the look could not read.
        ci: what is to be done with the files of CI.
    """
    wanted = text.encode()
    said = b"" if there is None else there
    listed = b"listed" if signer is None else b"unlisted"
    state = sha256(b"\0".join((wanted, b"absent" if there is None else b"there", listed, said)))
    step = FileWrite(key=f"write:{FILE}", path=FILE, text=text, replaces=there is not None)
    write = () if there == wanted else (step,)
    enroll = () if signer is None else (signer,)
    more = tuple(
        FileWrite(key=f"write:{name}", path=name, text=lines, replaces=False)
        for name, lines in sorted((beside or {}).items())
    )
    state.update("\0".join(one.path for one in more).encode())
    ci = Ci() if ci is None else ci
    state.update(ci.state.encode())
    enrolled = () if signer is None else (SIGNERS,)
    files = (FILE, *(one.path for one in more), *ci.paths, *enrolled)
    return Plan(
        command="init",
        subject=Subject(repository=root, files=files),
        state=state.hexdigest(),
        steps=(*write, *more, *ci.steps, *enroll),
        notes=(*notes, *ci.notes),
    )


def enrollment(root: str, *, signer: SignerEnroll | None) -> Plan:
    """List this machine as a signer of a project that is there, unless it is one."""
    return Plan(
        command="init",
        subject=Subject(repository=root, files=(SIGNERS,)),
        state="listed" if signer is None else "unlisted",
        steps=() if signer is None else (signer,),
        notes=("this machine is listed already",) if signer is None else (),
    )


def render(template: str, wanted: Wanted) -> str:
    """The text of `skc.yaml`, comments included."""
    filters = {"text": _quoted, "comment": _one_line, "flow": _flow, "slug": slug}
    return filled(template, {"wanted": wanted}, filters=filters)


def _quoted(value: str) -> str:
    """A text as YAML reads it back, whatever is in it: a JSON string is a YAML one."""
    if _PLAIN.fullmatch(value) and not _WORDS.fullmatch(value):
        return value
    quoted = json.dumps(value, ensure_ascii=False)
    return "".join(letter if letter.isprintable() else f"\\U{ord(letter):08X}" for letter in quoted)


def _flow(value: object) -> str:
    """A mapping on one line; a name of several words joined by colons is quoted, to be read so."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_flow(key)}: {_flow(one)}' for key, one in value.items())}}}"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False) if ":" in value else _quoted(value)
    return json.dumps(value)


def _one_line(value: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in value)
