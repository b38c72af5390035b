"""Keeps files of an incident: private, redacted, each by its SHA-256."""

import shlex
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import msgspec

from skillconnect_ops.commands.respond.events import KeptFile
from skillconnect_ops.commands.respond.scene import Scene
from skillconnect_ops.core.outcome import Known, Missing
from skillconnect_ops.disk.errors import explained

SCHEMA = "skc/kept/1"


def keep(scene: Scene, name: str, data: Any) -> KeptFile:
    """Write what was looked at as JSON; a look that failed says why.

    Args:
        scene: whose it is.
        name: of the file, without its ending.
        data: plain data, or a `Fact` of it.

    Raises:
        SkcError: it cannot be written.
    """
    body: Mapping[str, Any]
    match data:
        case Known(value):
            body = {"data": value}
        case Missing(reason):
            body = {"missing": reason}
        case _:
            body = {"data": data}
    told = {"schema": SCHEMA, "incident": scene.incident, "at": scene.house.clock.now(), **body}
    text = msgspec.json.format(msgspec.json.encode(told, enc_hook=str), indent=2).decode()
    return keep_text(scene, f"{name}.json", text)


def keep_text(scene: Scene, name: str, text: str) -> KeptFile:
    """Write a text, less the target's secrets; an earlier one of the name stays beside it.

    Raises:
        SkcError: it cannot be written.
    """
    content = scene.log.mask(scene.target.name, text).encode()
    folder = scene.folder
    with explained(f"keep {name} in {folder}"):
        scene.house.disk.make_private(folder)
        taken = set(scene.house.disk.names(folder))
        stem, dot, ending = name.rpartition(".")
        free, number = name, 2
        while free in taken:
            free, number = f"{stem}-{number}{dot}{ending}", number + 1
        scene.house.disk.replace(folder / free, content, mode=0o600)
    return KeptFile(name=free, sha256=sha256(content).hexdigest(), size_bytes=len(content))


def where(scene: Scene) -> str:
    """Where the files lie, fit to be pasted."""
    return shlex.quote(str(scene.folder))
