"""`skc checklist export`: the lists as a page, in the form of the plan's own, or as HTML."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from html import escape

from msgspec.structs import replace

from skillconnect_ops.commands.checklist import run
from skillconnect_ops.commands.checklist.held import Held, held
from skillconnect_ops.commands.checklist.model import Checklists
from skillconnect_ops.commands.checklist.naming import chosen
from skillconnect_ops.commands.checklist.run import Wish
from skillconnect_ops.commands.checklist.scene import Scene, scene
from skillconnect_ops.commands.checklist.standing import ItemStanding, Standing, Status
from skillconnect_ops.commands.house import House
from skillconnect_ops.core.ports.evidence import Evidence
from skillconnect_ops.core.report import Report
from skillconnect_ops.core.view import Document

_MARKS = str.maketrans({mark: f"\\{mark}" for mark in "\\`*_[]<>|"})


def export(house: House, wish: Wish) -> Report:
    """The state as a page; nothing is looked at.

    Raises:
        Precondition: there is no project or target, or the file of checklists is wrong.
    """
    found = held(scene(house, wish.target))
    names = chosen(found.scene.lists, wish.names)
    states = [one for one in found.states if one.name in names]
    page = Document(markdown=markdown(found, states), html=html(found, states))
    report = run.report(house, "checklist export", found, wish, names, gathered=None)
    return replace(report, view=(page,), next=())


def markdown(found: Held, states: Sequence[ItemStanding]) -> str:
    """The page in the plan's form: a heading a list, a box an item."""
    here = found.scene
    lines = [f"# {_plain(here.project.settings.project.name)}: {_about(here)}", ""]
    whole = found.scores["all"]
    told = ", ".join(
        (
            f"{whole.percent(whole.proven):g} % of the weight is proven",
            f"{whole.percent(whole.attested):g} % attested besides",
            f"{whole.percent(whole.claimed):g} % only claimed",
        )
    )
    lines += [f"{told}.", ""]
    if here.look.doubt is not None:
        lines += [f"**No item can be told: {_plain(here.look.doubt)}**", ""]
    for group, inside in here.lists.groups.items():
        own = [one for one in states if one.group == group]
        if own:
            lines += [f"## {inside.title}", "", *(_box(one, here.lists) for one in own), ""]
    return "\n".join(lines)


def _about(here: Scene) -> str:
    aim = f"target {here.target.name}, " if here.target else ""
    return f"{aim}as of {here.now:%Y-%m-%d %H:%M} UTC"


def _box(one: ItemStanding, lists: Checklists) -> str:
    """`- [x] Rotate all credentials — proven 2026-11-22 by ana`."""
    ticked = "x" if one.status is Status.PASS else " "
    must = " (must)" if lists.item(one.name).must else ""
    return f"- [{ticked}] {_plain(one.item.text)}{must} — {_plain(said(one))}"


def said(one: ItemStanding) -> str:
    """What speaks for an item, or against it, in a sentence."""
    newest = _newest(one.proofs)
    by = f" {newest.at:%Y-%m-%d} by {newest.signer}" if newest else ""
    words = {
        Status.PASS: f"proven{by}{_until(one.expires_at)}",
        Status.ATTESTED: f"attested{by}{_until(one.expires_at)}: {one.says}",
        Status.NOT_APPLICABLE: f"does not apply: {one.says}",
    }
    return words.get(one.status, f"{one.status.value}: {one.says}")


def _newest(proofs: Sequence[Standing]) -> Evidence | None:
    """The record of a listed signer that is the newest."""
    seen = [one.record for one in proofs if one.record is not None and one.record.signer]
    return max(seen, key=lambda record: record.at, default=None)


def _until(at: datetime | None) -> str:
    return f", counts until {at:%Y-%m-%d}" if at is not None else ""


def _plain(text: str) -> str:
    return " ".join(text.split()).translate(_MARKS)


def html(found: Held, states: Sequence[ItemStanding]) -> str:
    """The same as one file: no script, nothing loaded from anywhere."""
    here = found.scene
    title = f"{here.project.settings.project.name}: {_about(here)}"
    return "\n".join(
        (
            "<!doctype html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            f"<title>{escape(title)}</title>",
            f"<style>{_STYLE}</style>",
            "</head>",
            "<body>",
            f"<h1>{escape(title)}</h1>",
            *_body(found, states),
            "</body>",
            "</html>",
            "",
        )
    )


def _body(found: Held, states: Sequence[ItemStanding]) -> Iterator[str]:
    here = found.scene
    if here.look.doubt is not None:
        yield f"<p><strong>No item can be told: {escape(here.look.doubt)}</strong></p>"
    for group, inside in here.lists.groups.items():
        own = [one for one in states if one.group == group]
        if not own:
            continue
        score = found.scores[group]
        percent = score.percent(score.proven)
        yield f"<h2>{escape(inside.title)}</h2>"
        yield (
            f'<p><progress max="100" value="{percent:g}">{percent:g} %</progress> '
            f"{percent:g} % proven, {score.passed} of {score.items} items</p>"
        )
        yield '<table><thead><tr><th scope="col">state</th><th scope="col">item</th>'
        yield '<th scope="col">because</th></tr></thead><tbody>'
        for one in own:
            yield (
                f'<tr><td class="{one.status.value}">{one.status.value}</td>'
                f"<td>{escape(one.item.text)}</td><td>{escape(said(one))}</td></tr>"
            )
        yield "</tbody></table>"


_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE = (
    ":root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;max-width:60rem;"
    "margin:auto;padding:1rem}table{border-collapse:collapse;width:100%}td,th{text-align:left;"
    "vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid #8886;overflow-wrap:anywhere}"
    ".PASS,.ATTESTED{font-weight:bold}.FAIL,.REGRESSED{font-weight:bold;text-decoration:underline}"
)
