"""`skc demo`: sets the stage, plays the parts, cleans up, and says what was seen."""

from pathlib import Path
from urllib.parse import urlsplit

from skillconnect_ops.commands.demo.model import (
    Backup,
    Checked,
    DemoFailed,
    Filled,
    Rotated,
    Scrubbed,
    Shown,
)
from skillconnect_ops.commands.demo.sample import (
    Sample,
    make_sample,
    story,
    values,
)
from skillconnect_ops.commands.demo.shown import next_commands, view
from skillconnect_ops.commands.demo.stage import Sequel, Stage
from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.scratch import made, make_user, place_for, program, refusal
from skillconnect_ops.core.report import Report
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.view import count, duration, size

WRITERS = 4


def demo(house: House, *, documents: int, folder: Path | None, keep: bool) -> Report:
    """Play the main job on a sample database.

    Args:
        house: the house.
        documents: how many the sample database begins with, about.
        folder: where it plays; by default a new folder among the temporary ones.
        keep: whether project, backup and journals stay.

    Raises:
        PlaceIsTaken: the folder holds something.
        DemoFailed: a command failed; nothing stays unless `keep`.
        Precondition: no `mongod`, no git, no space.
    """
    place = place_for(house, "demo", folder)
    began = house.clock.monotonic()
    with made(house, place, keep=keep):
        shown = _play(house, Stage(house, place), documents=documents, keep=keep, began=began)
    return Report(
        command="demo",
        subject={"database": story().database, "cluster": "embedded"},
        facts={"demo": shown},
        view=view(shown),
        next=next_commands(shown, program=program(house.environment.get("PATH"))),
    )


def _play(house: House, stage: Stage, *, documents: int, keep: bool, began: float) -> Shown:
    told = story()
    stage.announce("A MongoDB with users and passwords starts on this machine")
    with house.embedded.mongodb(stage.folder / "server") as root:
        uri = make_user(house, root, name=told.user, database=told.database)
        sample = make_sample(house, stage.folder, told=told, uri=uri)
        commands = stage.commands(sample, root)
        stage.tell(f"a project with a repository stands in {sample.project}")
        stage.announce(f"It is filled with about {documents:,} documents. {told.story}")
        filled = stage.script(sample, "fill.py", str(documents), uri=sample.uri, type_=Filled)
        stage.tell(
            f"{count(filled.documents, 'document')}, {size(filled.size_bytes)}, "
            f"in {duration(filled.seconds)}"
        )
        acts = _Acts(stage, sample, commands, root)
        acts.back_up()
        acts.break_it(house)
        acts.restore()
        acts.search()
        acts.rotate(house)
        acts.scrub()
        return acts.shown(filled, keep=keep, seconds=house.clock.monotonic() - began)


class _Acts:
    """The parts after the stage is set."""

    def __init__(self, stage: Stage, sample: Sample, commands: Sequel, root: Secret) -> None:
        self._stage = stage
        self._sample = sample
        self._commands = commands
        self._root = root

    def back_up(self) -> None:
        """Look at the project; back up, and drill the backup, while others write."""
        stage, profile = self._stage, self._sample.story.profile
        self._commands.run("init", "--profile", profile, "--yes")
        with stage.writers(self._sample, WRITERS) as writers:
            stage.announce(f"{WRITERS} writers work on it in transactions, and it is backed up")
            before = writers.count()
            facts = self._commands.run("backup")
            self._during = writers.count().since(before)
            self._backup, self._location = Backup.of(facts), str(facts["location"])
            stage.tell(
                f"{self._backup.statement}; meanwhile "
                f"{count(self._during.transactions, 'transaction')} were committed"
            )
            stage.announce("The backup is proven: restored into another server, and compared")
            facts = self._commands.run("backup", "verify", self._backup.id, "--drill")
            self._drill, self._drill_seconds = facts["drill"]["verdict"], facts["seconds"]
            stage.tell(f"drill {self._drill} after {duration(self._drill_seconds)}")
            self._writing = writers.stop()

    def break_it(self, house: House) -> None:
        """Lose a collection, and see that it is missed."""
        accident, database = self._sample.story.accident, self._sample.story.database
        self._stage.announce(f"An accident: {accident.says}")
        with house.connect(self._root) as server:
            server.command(database, {"drop": accident.collection})
        self._damaged = self._check()
        self._stage.tell(f"{self._damaged.broken:,} things no longer fit together")

    def restore(self) -> None:
        """Put the backup in the place of what is left, and look whether it fits together."""
        database = self._sample.story.database
        self._stage.announce("The backup is restored in its place")
        restore = ("restore", self._backup.id, "--replace", "--confirm", database)
        self._restore_seconds = self._commands.run(*restore)["seconds"]
        self._restored = self._check()
        if self._restored.broken:
            raise DemoFailed(
                "the restored database does not fit together",
                why=f"{self._restored.broken} things are broken, of one instant none would be",
                fix="skc demo --keep   # and report what it left",
            )

    def search(self) -> None:
        """See what the project's history gives away."""
        env_file = self._sample.story.env_file
        self._stage.announce(f"{env_file} was committed: all that the repository holds is searched")
        found = self._commands.search("secrets", "scan", "--history")
        self._secrets = tuple(
            f"{one.path}:{one.line}  {one.message}" for one in found if one.suppressed is None
        )
        for line in self._secrets:
            self._stage.tell(line)

    def rotate(self, house: House) -> None:
        """Replace what has leaked, and see that the old login is refused and the new one works."""
        stage, sample = self._stage, self._sample
        stage.announce("What leaked is replaced, and the old login is tried")
        old = values(sample)
        begun = self._commands.run("rotate", "--reason", "leaked", "--yes")
        stage.tell("the old login works until the end; no app runs here that has read the old keys")
        ended = self._commands.run("rotate", "finish", "--confirm-reloaded", "--yes")
        new = values(sample)
        same = [name for name in old if old[name].reveal() == new[name].reveal()]
        refused = refusal(house, sample.uri)
        works = refusal(house, uri := new[sample.story.variable])
        if same or refused is None or works is not None:
            raise DemoFailed(
                "what leaked was not replaced",
                why=f"unchanged: {', '.join(same) or 'nothing'}; the old login is "
                f"{'accepted' if refused is None else 'refused'}, the new one "
                f"{'accepted' if works is None else 'refused'}",
                fix="skc demo --keep   # and report what it left",
            )
        self._rotated = Rotated(
            variables=tuple(old),
            was=_user(sample.uri),
            user=_user(uri),
            refused=refused,
            seconds=round(begun["seconds"] + ended["seconds"], 3),
        )
        stage.tell(f"the old login: {refused}; the new one, {self._rotated.user}, works")

    def scrub(self) -> None:
        """Take the dead values out of the whole history, and see that none is left."""
        stage, name = self._stage, self._sample.project.name
        stage.announce("The dead values are taken out of the history, and looked for again")
        self._commands.run("env", "untrack", "--commit", "--yes")
        done = self._commands.run("scrub", "--retired", "--confirm", name)
        facts = done["scrub"]
        proof = facts["proof"]
        self._scrubbed = Scrubbed(
            values=facts["values"],
            commits=facts["commits"],
            objects=proof["objects"],
            seconds=done["seconds"],
        )
        stage.tell(
            f"{count(facts['commits'], 'commit')} made anew; nothing is left in "
            f"{count(proof['objects'], 'object')} and {count(proof['files'], 'file')}"
        )

    def shown(self, filled: Filled, *, keep: bool, seconds: float) -> Shown:
        """All of it."""
        return Shown(
            folder=str(self._stage.folder),
            kept=keep,
            filled=filled,
            writers=WRITERS,
            during_backup=self._during,
            during_demo=self._writing,
            backup=self._backup,
            location=self._location,
            drill=self._drill,
            drill_seconds=self._drill_seconds,
            damaged=self._damaged,
            restored=self._restored,
            secrets=self._secrets,
            rotated=self._rotated,
            scrubbed=self._scrubbed,
            restore_seconds=self._restore_seconds,
            seconds=round(seconds, 3),
            log=tuple(self._stage.log),
        )

    def _check(self) -> Checked:
        sample = self._sample
        return self._stage.script(
            sample, "checks.py", sample.story.database, uri=sample.uri, type_=Checked
        )


def _user(uri: Secret) -> str:
    return urlsplit(uri.reveal()).username or ""
