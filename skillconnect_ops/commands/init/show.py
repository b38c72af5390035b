"""What `init` reports: for machines as facts, for people as a view."""

from collections.abc import Iterator, Mapping
from typing import Any

from skillconnect_ops.commands.init.model import Found, Suggestion, Wanted
from skillconnect_ops.core.view import Block, Cell, Lines, Pairs, Text, Tone, count, listed


def facts(
    found: Found, wanted: Wanted, *, file: str, text: str, written: bool
) -> Mapping[str, Any]:
    """`facts.init`: what was found, and what was written; hosts and names, no values."""
    return {
        "root": found.root,
        "git": found.git,
        "packages": found.packages,
        "env_files": found.env_files,
        "services": found.services,
        "notes": found.notes,
        "project": {"id": wanted.id, "name": wanted.name, "profile": wanted.profile},
        "backend": wanted.backend,
        "targets": wanted.targets,
        "file": file,
        "text": text,
        "written": written,
    }


def view(
    found: Found, wanted: Wanted, *, text: str | None, same: bool = False
) -> tuple[Block, ...]:
    """What was found, and the text of the file where it does not stand there."""
    pairs: list[tuple[str, Cell]] = [
        ("project", wanted.name),
        ("folder", found.root),
        ("git", "a repository" if found.git else Text("no repository", Tone.WARN)),
        ("backend", _backend(found, wanted)),
    ]
    for target in wanted.targets:
        pairs += _target(target)
    pairs += [("not read", Text(note, Tone.WARN)) for note in found.notes]
    if text is None:
        said = "not changed, it is as it would be written" if same else "written; commit it"
        return (Pairs((*pairs, ("skc.yaml", Text(said, Tone.GOOD)))),)
    return (Pairs(tuple(pairs)), Lines(tuple(text.rstrip("\n").split("\n"))))


def _backend(found: Found, wanted: Wanted) -> Cell:
    manifests = [package.manifest for package in found.packages if package.folder == wanted.backend]
    if not manifests:
        return Text(f"{wanted.backend} (no package.json or pyproject.toml there)", Tone.WARN)
    return f"{wanted.backend} ({listed(manifests)})"


def _target(target: Suggestion) -> Iterator[tuple[str, Cell]]:
    files = listed(target.env_files) if target.env_files else "no env file"
    yield f"target {target.name}", files
    if target.address is None:
        yield "", Text(f"CHECK: {target.variable} is guessed; no URI was found", Tone.WARN)
        yield from _renewed(target)
        return
    database = target.database or target.address.database or "?"
    tone = Tone.WARN if target.reason.startswith("CHECK") else Tone.PLAIN
    hosts = listed(target.address.hosts, most=3)
    yield "", Text(f"{target.variable} -> database {database} at {hosts}", tone)
    if tone is Tone.WARN:
        yield "", Text(target.reason, tone)
    yield from _renewed(target)
    if target.connect_map:
        hosts = count(len(target.connect_map), "host")
        yield "", f"{hosts} of the compose network reached from here"


def _renewed(target: Suggestion) -> Iterator[tuple[str, Cell]]:
    """What a rotation renews, so that a person sees at once what is missing."""
    if target.secrets:
        named = [f"{one.settings['env']} ({one.settings['kind']})" for one in target.secrets]
        yield "", f"skc rotate renews {listed(named, most=len(named))}"
