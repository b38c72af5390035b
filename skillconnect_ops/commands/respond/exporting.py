"""`skc respond export`, `print` and `schema`: what others are given to read."""

import json
from typing import Any

import msgspec

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.respond import page, reading
from skillconnect_ops.commands.respond.choosing import chosen
from skillconnect_ops.commands.respond.events import Event
from skillconnect_ops.commands.respond.gaps import gaps
from skillconnect_ops.commands.respond.log import Log
from skillconnect_ops.commands.respond.model import ACTS, Runbook
from skillconnect_ops.commands.respond.telling import says
from skillconnect_ops.core.report import Report
from skillconnect_ops.core.resources import template
from skillconnect_ops.core.view import Document, Lines


def export(house: House, *, incident: str | None) -> Report:
    """The post-mortem of an incident: the open one, the named one, else the last one."""
    log = Log(house, person=None)
    found = chosen(log.read(), incident, last=True)
    now = house.clock.now()
    gap = gaps(found, now=now)
    text = log.mask(found.target, page.post_mortem(found, gap, now=now))
    return Report(
        command="respond export",
        subject={"target": found.target, "incident": found.id},
        facts={
            "incident": {
                "id": found.id,
                "target": found.target,
                "runbook": found.runbook.id,
                "started_at": found.started.at,
                "closed_at": None if found.closed is None else found.closed.at,
                "people": list(found.people),
            },
            "timeline": [_event(one) for one in found.events],
            "gaps": gap,
        },
        view=(Document(markdown=text),),
        next=(),
    )


TEMPLATES = {
    "github-rollout": "rollout/github-rollout.yml",
    "compose-rollout": "rollout/compose-rollout.sh",
    "alerts": "rollout/alerts.yml",
    "skc-metrics": "rollout/skc-metrics.sh",
}
"""What is printed besides runbooks, as it is."""


def print_(house: House, name: str, *, target: str | None) -> Report:
    """A runbook as a page to print, or a template; no project is needed for it."""
    if name in TEMPLATES:
        text = template(TEMPLATES[name])
        return Report(
            command="respond print", facts={"text": text}, view=(Document(markdown=text),)
        )
    runbook = reading.find(name, folder=house.environment.folder)
    given = {"target": target} if target else {}
    return Report(
        command="respond print",
        facts={"runbook": runbook},
        view=(Document(markdown=page.printed(runbook, given)),),
    )


def schema(house: House) -> Report:
    """The JSON Schema of a runbook, as data on stdout."""
    del house
    made = json_schema()
    lines = tuple(json.dumps(made, indent=2).splitlines())
    return Report(command="respond schema", facts={"schema": made}, view=(Lines(lines),))


def json_schema() -> dict[str, Any]:
    """The schema itself, made of the nouns that read it."""
    made = msgspec.json.schema(Runbook)
    parts = made["$defs"]
    step = parts["RunbookStep"]["properties"]
    step["auto"]["items"] = {
        "anyOf": [{"enum": list(ACTS)}, {"type": "string", "pattern": "^skc "}]
    }
    parts["Phase"]["properties"]["within"]["pattern"] = "^[1-9][0-9]{0,4}[smhd]$"
    parts["Runbook"]["properties"]["version"] = {"const": 1}
    for name in ("Runbook", "Phase", "RunbookStep", "Option"):
        parts[name]["properties"]["id"]["pattern"] = "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "a runbook of skc",
        **made,
    }


def _event(event: Event) -> dict[str, Any]:
    facts = msgspec.to_builtins(event.facts)
    for name in ("runbook", "owner", "person", "machine"):
        facts.pop(name, None)
    return {
        "at": event.at,
        "what": event.happened,
        "person": event.person,
        "machine": event.facts.machine,
        "says": says(event),
        "journal": event.journal,
        "signer": event.signer,
        "writer": event.writer,
        **({"facts": facts} if facts else {}),
    }
