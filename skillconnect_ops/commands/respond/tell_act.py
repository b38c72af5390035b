"""`notify` and `test-alert`: the team's own commands are told, and texts are written for others.

Each command of `notify.on_incident` (else of `on_failure`) gets one line of JSON on its input, of
the schema `skc/notice/1`; no value of any secret is in it:

    {"schema": "skc/notice/1", "command": "respond", "target": "production", "status": "incident",
     "exit": 0, "error": {"what": "…", "why": "…", "fix": "skc respond"}, "journal": null,
     "at": "2026-01-31T02:00:00Z", "incident": "2026-01-31-credentials-leaked-3f1a"}

A test alert has `status` "test", and in `error.what` a code. Whoever received it knows the code, so
the code is what shows that it came.
"""

import hmac
from collections.abc import Mapping
from hashlib import sha256
from secrets import token_hex

import msgspec

from skillconnect_ops.commands.respond.done import Done
from skillconnect_ops.commands.respond.errors import Awaited
from skillconnect_ops.commands.respond.events import EventFacts, Happened, KeptFile
from skillconnect_ops.commands.respond.keeping import keep_text, where
from skillconnect_ops.commands.respond.scene import How, Scene
from skillconnect_ops.commands.respond.standing import Incident
from skillconnect_ops.core.errors import Precondition, Refused, SkcError
from skillconnect_ops.core.resources import filled, template
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.settings.hooks import Hook, of_incident, of_notice
from skillconnect_ops.core.view import count

SCHEMA = "skc/notice/1"
PATIENCE_S = 30.0
TEXTS = ("tell-team.txt", "tell-affected.txt")
_FIRED = "test_alert"


class NobodyTold(Precondition):
    """No command is there, or none of them ended well."""


class AlertAwaited(Awaited):
    """It is on its way; whoever received it has to say so."""


def notify(scene: Scene, how: How) -> Done:
    """Write the texts, then run the commands.

    Raises:
        NobodyTold: there is none, or one failed; the texts are there.
    """
    del how
    incident = scene.fresh()
    files = tuple(_text(scene, incident, name) for name in TEXTS)
    told = _tell(
        scene,
        status="incident",
        what=f"{incident.runbook.title}: {incident.id}",
        why=f"target {incident.target}; declared by {incident.started.person} at "
        f"{incident.started.at:%F %TZ}; nothing is deployed until this is over",
        files=files,
    )
    return Done(
        text=f"told by {count(told, 'command')}; texts to send are written",
        files=files,
    )


def test_alert(scene: Scene, how: How) -> Done:
    """Fire an alert with a code, and wait for somebody to read the code out.

    Raises:
        NobodyTold: no command could be run.
        AlertAwaited: nobody at the terminal knew the code yet.
    """
    del how
    code = token_hex(3)
    fired = {_FIRED: _digest(scene.incident, code)}
    scene.write(Happened.NOTED, EventFacts(text="a test alert is fired", data=fired))
    _tell(
        scene,
        status="test",
        what=f"test alert of skc; code {code}",
        why="somebody is waiting for the code",
        files=(),
    )
    try:
        given = scene.house.person.ask_secret("the code in the alert, when it has come")
    except Refused:
        given = Secret("")
    if not hmac.compare_digest(given.reveal().strip().lower(), code):
        raise AlertAwaited(
            "the test alert is on its way",
            why="it has a code of six letters and digits; that is what shows that it came",
            fix="skc respond step --evidence CODE   # once it is there",
        )
    return Done(text="the test alert came: its code was read out", data={"arrived": True})


def arrived(incident: Incident, text: str) -> bool | None:
    """Whether a text has the code of the last test alert in it; None where none was fired."""
    fired = [
        event.facts.data[_FIRED]
        for event in incident.events
        if event.happened is Happened.NOTED and _FIRED in event.facts.data
    ]
    if not fired:
        return None
    return any(
        _digest(incident.id, word.strip(".,;:!").lower()) == fired[-1] for word in text.split()
    )


def _digest(incident: str, code: str) -> str:
    """Nobody reads the code out of the log: it is short, and so the digest is slow to try."""
    salt = incident.encode()
    from hashlib import scrypt  # noqa: PLC0415 - not in every build of Python

    return sha256(scrypt(code.encode(), salt=salt, n=1 << 14, r=8, p=1, dklen=32)).hexdigest()


def _text(scene: Scene, incident: Incident, name: str) -> KeptFile:
    about = {
        "project": scene.house.project().settings.project.name,
        "incident": incident.id,
        "title": incident.runbook.title,
        "target": incident.target,
        "person": scene.log.person,
        "started": f"{incident.started.at:%F %H:%M} UTC",
    }
    return keep_text(scene, name, filled(template(f"runbooks/{name}.j2"), about))


def _tell(scene: Scene, *, status: str, what: str, why: str, files: tuple[KeptFile, ...]) -> int:
    """Run each command; how many were told."""
    hooks = _hooks(scene)
    lies = "; texts to send are written" if files else ""
    if files:
        scene.house.person.note(f"texts to send lie in {where(scene)}")
    if not hooks:
        raise NobodyTold(
            "nobody was told",
            why=f"skc.yaml names no command below notify.on_incident{lies}",
            fix="tell them by the ways that you have, and close the step with --evidence",
        )
    notice = {
        "schema": SCHEMA,
        "command": "respond",
        "target": scene.target.name,
        "status": status,
        "exit": 0,
        "error": {
            "what": scene.log.mask(scene.target.name, what),
            "why": scene.log.mask(scene.target.name, why),
            "fix": "skc respond",
        },
        "journal": None,
        "at": scene.house.clock.now(),
        "incident": scene.incident,
    }
    given = Secret(msgspec.json.encode(notice).decode())
    for name, argv in hooks.items():
        _run(scene, name, argv, given, lies)
    return len(hooks)


def _hooks(scene: Scene) -> Mapping[str, Hook]:
    settings = scene.house.project().settings.notify
    return of_incident(settings) or of_notice(settings)


def _run(scene: Scene, name: str, argv: Hook, given: Secret, lies: str) -> None:
    scene.house.hooks().must_trust({name: argv})
    try:
        scene.house.processes.run(
            *argv, folder=scene.house.project().root, given=given, patience_s=PATIENCE_S
        )
    except SkcError as error:
        raise NobodyTold(
            f"{name} did not take it",
            why=f"{error.what}: {error.why}{lies}",
            fix="tell them by the ways that you have, and close the step with --evidence",
        ) from error
